"""Sizes: what one reads in one go. Good code has short functions everywhere; what spoils it is the tail."""

import ast
from statistics import median

from tests.architecture.tree import files, name_of, tree_of

FILE, TEST_FILE, FUNCTION, MEDIAN = 300, 400, 50, 10
LISTS = "/migrations/versions/"
"""A migration lists columns: its length is that of the tables."""


def lines(path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def test_no_file_is_too_long():
    long = {name_of(path): lines(path) for path in files("kit", "services", "gateway", "bench") if lines(path) > FILE}
    assert long == {}


def test_no_test_file_is_too_long():
    assert {name_of(path): lines(path) for path in files("tests") if lines(path) > TEST_FILE} == {}


def test_no_function_is_too_long():
    long = {
        f"{name_of(path)}::{name}": length
        for path in files("kit", "services", "gateway", "bench", "tests")
        if LISTS not in name_of(path)
        for name, length in functions(path)
        if length > FUNCTION
    }
    assert long == {}


def test_functions_are_short():
    lengths = [
        length
        for path in files("kit", "services", "gateway")
        if LISTS not in name_of(path)
        for _, length in functions(path)
    ]
    assert median(lengths) <= MEDIAN
