"""What the documents name exists: files, commands, decisions."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files, name_of

LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
NAMED = re.compile(r"`((?:kit|services|gateway|tests|deploy|docs)/[\w/.-]+\.(?:py|md|yaml|json|typ|toml))`")
COMMAND = re.compile(r"\bmake ([a-z]+)\b")
PARTS = ("**Context.**", "**Decision.**", "**Consequences.**", "**Alternatives.**")

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *files("docs", "kit", "services", "gateway", suffix=".md")]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))


def missing_in(text: str, folder: Path) -> list[str]:
    """Links that lead nowhere, and files that are named but are not there."""
    links = [each for each in LINK.findall(text) if not (folder / each).exists()]
    return links + [each for each in NAMED.findall(text) if not (ROOT / each).exists()]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_names_what_there_is(page):
    assert missing_in(page.read_text(encoding="utf-8"), page.parent) == []


def test_what_is_missing_is_found():
    text = "[a](docs/no.md) [b](README.md) `kit/no.py` `kit/app.py` [c](https://example.go.th)"
    assert missing_in(text, ROOT) == ["docs/no.md", "kit/no.py"]


def test_every_command_of_the_documents_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for page in PAGES[:2] for name in COMMAND.findall(_code(page.read_text(encoding="utf-8")))}
    assert {"up", "demo", "test", "trace"} <= named <= targets


def _code(text: str) -> str:
    indented = [line for line in text.splitlines() if line.startswith("    ")]
    return "\n".join(indented + re.findall(r"`[^`]+`", text))


def test_decisions_are_numbered_in_one_line():
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_a_decision_is_one_page_with_its_four_parts(page):
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(page.name[:4])} ")
    assert [part for part in PARTS if part not in text] == []
    assert len(text.splitlines()) <= 60
