"""Who emits which fact and who consumes it, read from the code."""

import ast
import importlib
from collections.abc import Iterator, Mapping
from functools import cache

from kit.contracts import events
from kit.contracts.events import CATALOGUE, Fact
from kit.migrate import filters_of
from kit.worker import Table, table_of
from tests.architecture.tree import PACKAGES, files, folder_of, imports_of, name_of, tree_of

FACTS: Mapping[str, type[Fact]] = {fact.__name__: fact for fact in CATALOGUE.values()}
"""Name of the class → class."""


@cache
def emitted_by(service: str) -> set[type[Fact]]:
    """The facts that the code of a service tells: made by it, or handed over under their class."""
    folder = name_of(folder_of(service))
    return {
        FACTS[name]
        for path in files(folder)
        for name in _told(tree_of(path))
        if f"{events.__name__}.{name}" in imports_of(tree_of(path))
    }


def _told(tree: ast.AST) -> Iterator[str]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if isinstance(call.func, ast.Name):
            yield call.func.id
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "hand_over":
            yield from (argument.id for argument in call.args if isinstance(argument, ast.Name))


def table_of_service(service: str) -> Table:
    """The consumers of a service; an empty table where it has none."""
    package = PACKAGES[service]
    has_some = filters_of(package, service)
    return table_of(service, importlib.import_module(f"{package}.consumers") if has_some else object())


@cache
def consumed_by(service: str) -> set[type[Fact]]:
    """The facts that a service names in its consumers; all of them where it reads everything."""
    named = {each.fact for each in table_of_service(service).reactions if each.fact}
    return set(FACTS.values()) if Fact in named else named
