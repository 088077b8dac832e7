"""No word in the tree belongs to the machine that it was written on."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import OTHERS, ROOT, name_of

PLACES = re.compile(r"(?<![\w.~-])/(?:home|Users|root|work|opt/(?:pypi|wheels))/[\w.-]")
"""Absolute paths of somebody's machine."""

REGISTRIES = re.compile(r"(?:pypi|pythonhosted|npmjs|yarnpkg)\.(?:org|com)", re.IGNORECASE)
"""Hosts that packages come from: whoever builds has their own, and only the lock file names one."""

TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".typ", ".css", ".html", ".sh", ".txt", ".mako", ".ui", ""}
NOT_OURS = {"uv.lock"}


def texts() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.rglob("*")):
        if path.is_file() and path.suffix in TEXT and path.name not in NOT_OURS and not is_apart(path):
            yield name_of(path), path.read_text(encoding="utf-8", errors="ignore")


def is_apart(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    hidden = [part for part in parts[:-1] if part.startswith(".") and part != ".ci"]
    return bool(hidden or set(parts) & OTHERS)


@pytest.mark.parametrize("words", [PLACES, REGISTRIES], ids=["places", "registries"])
def test_no_file_names_the_machine(words):
    found = [f"{name}: {match[0]}" for name, text in texts() for match in [words.search(text)] if match]
    assert found == []


def test_what_is_looked_for_is_found():
    assert PLACES.search("see /" + "home/somchai/paet")
    assert REGISTRIES.search("https://files.python" + "hosted.org/x")
    assert not PLACES.search("/v1/home/of/rules")


def test_files_of_every_part_are_read():
    assert {name.partition("/")[0] for name, _ in texts()} >= {"kit", "services", "gateway", "tests", "Makefile"}
