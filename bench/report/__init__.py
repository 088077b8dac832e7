"""Writes the figures into docs/performance.md, between its markers; the prose around them is written by hand.

The same figures give the same page, byte by byte.
"""

import json
from collections.abc import Callable
from pathlib import Path

from bench.report import flights, growth, machine, parts, targets
from bench.report.markdown import Figures
from kit.local.suite import ROOT

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"


def write(folder: Path, page: Path = PAGE) -> None:
    """Put the figures of the folder into the page; ValueError when it has no markers."""
    figures = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    before, found, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise ValueError(f"{page} has no place for the figures")
    page.write_text(f"{before}{BEGIN}\n\n{text_of(figures)}\n{END}{after}", encoding="utf-8")


def text_of(figures: dict[str, Figures]) -> str:
    """All sections for which there are figures, as Markdown."""
    made = [section(figures) for section in SECTIONS]
    return "\n".join(each for each in made if each)


SECTIONS: tuple[Callable[[dict[str, Figures]], str], ...] = (
    machine.section, targets.section, flights.ratios, flights.journeys, flights.spine, flights.floor, parts.hop,
    parts.documents, growth.section, parts.search, parts.idle,
)  # fmt: skip
