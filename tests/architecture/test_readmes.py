"""The READMEs say of events what the code does."""

import pytest

from kit.contracts.events import CATALOGUE
from tests.architecture import readmes
from tests.architecture.tree import PACKAGES, ROOT, folder_of, name_of

SCREEN = 60
"""Lines of a README that one takes in at a glance."""


@pytest.mark.parametrize("path", readmes.readmes(), ids=name_of)
def test_the_events_of_a_readme_are_those_of_the_code(path):
    text = path.read_text(encoding="utf-8")
    assert readmes.updated(path, text) == text, "run: python -m tests.architecture.readmes --write"


@pytest.mark.parametrize("service", PACKAGES)
def test_a_readme_fits_one_screen(service):
    lines = (folder_of(service) / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= SCREEN


def test_every_fact_stands_in_the_readme_of_its_source():
    missing = [
        fact.type()
        for fact in CATALOGUE.values()
        if f"`{fact.source}.{fact.name}`" not in (folder_of(fact.source) / "README.md").read_text(encoding="utf-8")
    ]
    assert missing == []


def test_a_readme_without_its_table_is_refused():
    with pytest.raises(readmes.NoTable):
        readmes.updated(folder_of("review") / "README.md", "# review\n")
    with pytest.raises(readmes.NoTable):
        readmes.updated(ROOT / "README.md", "| [review](x) | cases | – | – |\n")


def test_a_table_out_of_step_is_seen():
    path = folder_of("review") / "README.md"
    stale = f"# review\n{readmes.BEGIN}\n| event in |\n{readmes.END}\n"
    assert "`review.recommended` →" in readmes.updated(path, stale)
