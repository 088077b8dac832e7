"""The tree as these tests see it: its parts, its Python files, and what each of them imports."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp

from kit.contracts.journey import Process

ROOT = Path(__file__).parents[2]
SERVICES = tuple(process.value for process in Process)
PACKAGES = {"gateway": "gateway"} | {name: f"services.{name}" for name in SERVICES}
"""Every process that is deployed, and the package it is in."""

OTHERS = {".venv", ".venv-uv", ".git", ".local", "__pycache__", "node_modules"}


def folder_of(service: str) -> Path:
    """The folder of a service or of the gateway."""
    return ROOT / PACKAGES[service].replace(".", "/")


def files(*folders: str, suffix: str = ".py") -> Iterator[Path]:
    """Files of the repository below some folders, by their ending."""
    for folder in folders:
        found = sorted((ROOT / folder).rglob(f"*{suffix}"))
        yield from (path for path in found if not set(path.relative_to(ROOT).parts) & OTHERS)


def name_of(path: Path) -> str:
    """The path as one writes it, from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(tree: ast.AST) -> set[str]:
    """The full names of the modules that a syntax tree imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def is_foreign(module: str) -> bool:
    """Whether a module comes from a package that has to be installed."""
    root = module.partition(".")[0]
    return root not in sys.stdlib_module_names and root not in {"kit", "gateway", "services", "tests"}


@cache
def graph() -> grimp.ImportGraph:
    """Who imports whom, packages from outside included."""
    return grimp.build_graph("kit", "gateway", "services", include_external_packages=True, cache_dir=None)
