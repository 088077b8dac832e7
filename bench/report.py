"""Writes the figures into docs/performance.md, between its markers; the prose around them is written by hand.

The same figures give the same page, byte by byte.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.usage import OUTSIDE
from kit.local.suite import ROOT

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"
ORDER = (
    "gateway", "search", "identity", "request", "review", "approval", "payment", "issuance", "delivery", "postgres",
    "nats", "bank", "thaid", "mail",
)  # fmt: skip
Figures = dict[str, Any]


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


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, numbers to the right."""
    lines = [" | ".join(head), " | ".join(["---", *["---:"] * (len(head) - 1)])]
    lines += [" | ".join(str(each) for each in row) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)


def number(value: float) -> str:
    """Three digits that mean something, thousands with a comma."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _machine(figures: dict[str, Figures]) -> str:
    if not (found := figures.get("machine")):
        return ""
    machine, postgres, nats = found["machine"], dict(found["postgresql"]), found["nats"]
    version = postgres.pop("version")
    return (
        f"### Measured on\n\n{found['measured_at']}: {machine['cores']} cores of {machine['cpu']}, "
        f"{machine['memory_gib']} GiB, {machine['kernel']}, {found['python']}.\n\n"
        f"- PostgreSQL {version}: {_pairs(postgres)}\n"
        f"- NATS {nats['version']}: sync_interval `{nats['sync_interval']}`, {nats['storage']}\n"
        f"- Suite: {_pairs(found['suite'])}\n"
        f"- Libraries: {', '.join(f'{name} {each}' for name, each in found['libraries'].items())}\n"
    )


def _pairs(values: Figures) -> str:
    return ", ".join(
        f"{name} `{value}`" if " " not in str(value) else f"{name}: {value}" for name, value in values.items()
    )


def _ratios(figures: dict[str, Figures]) -> str:
    floor, spine = figures.get("floor"), figures.get("spine")
    if not (floor and spine):
        return ""
    rows = []
    for flight in spine["flights"]:
        for run in floor["runs"]:
            below = next((each for each in run["flights"] if each["in_flight"] == flight["in_flight"]), None)
            if below:
                rows.append(_ratio(flight, below, run["linger_ms"]))
    head = ("in flight", "floor waits ms", "floor CPU-ms", "spine CPU-ms", "ratio", "floor j/s", "spine j/s", "ratio")
    return "### Spine beside the floor\n\n" + table(head, rows)


def _ratio(flight: Figures, below: Figures, linger: float) -> Sequence[object]:
    return (
        flight["in_flight"], number(linger), number(below["cpu_ms_inside"]), number(flight["cpu_ms_inside"]),
        number(flight["cpu_ms_inside"] / below["cpu_ms_inside"]), number(below["per_second"]),
        number(flight["per_second"]), number(below["per_second"] / flight["per_second"]),
    )  # fmt: skip


def _flights(title: str, flights: Sequence[Figures]) -> str:
    head = ("in flight", "journeys", "journeys/s", "p50 ms", "p99 ms", "calls p50", "calls p99", "CPU-ms per journey")
    rows = [
        (
            each["in_flight"], each["journeys"], number(each["per_second"]), number(each["journey_ms"]["p50"]),
            number(each["journey_ms"]["p99"]), *_calls(each), number(each["cpu_ms_inside"]),
        )
        for each in flights
    ]  # fmt: skip
    return f"### {title}\n\n{table(head, rows)}\n{_by_process(flights)}{_by_call(flights)}"


def _calls(flight: Figures) -> tuple[str, str]:
    calls = flight.get("all_calls_ms")
    return (number(calls["p50"]), number(calls["p99"])) if calls else ("–", "–")


def _by_process(flights: Sequence[Figures]) -> str:
    names = [name for name in ORDER if any(name in each["cpu_ms"] for each in flights)]
    rows = [
        (f"{name} *" if name in OUTSIDE else name, *(number(each["cpu_ms"].get(name, 0.0)) for each in flights))
        for name in names
    ]
    starred = "\n\\* double of an outside system, not counted.\n" if OUTSIDE & set(names) else ""
    return (
        "CPU-ms per journey by process:\n\n"
        + table(("in flight", *(str(each["in_flight"]) for each in flights)), rows)
        + starred
    )


def _by_call(flights: Sequence[Figures]) -> str:
    if "call_ms" not in flights[0]:
        return ""
    rows = [
        (
            name,
            *(_both(each["call_ms"][name]) for each in flights),
        )
        for name in flights[0]["call_ms"]
    ]
    head = ("in flight", *(str(each["in_flight"]) for each in flights))
    return "\nPublic calls, p50 / p99 ms:\n\n" + table(head, rows)


def _both(times: Figures) -> str:
    return f"{number(times['p50'])} / {number(times['p99'])}"


def _memory(found: Figures) -> str:
    rows = [
        (name, number(found["memory_mib"][name]["rss"]), number(found["memory_mib"][name]["pss"]))
        for name in ORDER
        if name in found["memory_mib"]
    ]
    return "\nMemory afterwards, MiB:\n\n" + table(("process", "RSS", "PSS"), rows)


def _journeys(figures: dict[str, Figures]) -> str:
    found = figures.get("journeys")
    return _flights("Whole journeys", found["flights"]) + _memory(found) if found else ""


def _spine(figures: dict[str, Figures]) -> str:
    found = figures.get("spine")
    return _flights("Spine only: no document is made", found["flights"]) if found else ""


def _floor(figures: dict[str, Figures]) -> str:
    runs = figures.get("floor", {}).get("runs", [])
    return "\n".join(_flights(f"Floor, batches waited for {run['linger_ms']:.0f} ms", run["flights"]) for run in runs)


def _hop(figures: dict[str, Figures]) -> str:
    if not (found := figures.get("hop")):
        return ""
    head = (
        "call",
        "at a time",
        "gateway CPU-ms",
        "service CPU-ms",
        "direct p50 / p99",
        "through p50 / p99",
        "added p50 / p99",
    )
    rows = [
        (
            each["call"], each["lanes"], number(each["gateway_cpu_ms"]), number(each["service_cpu_ms"]["direct"]),
            *(_both(each[way]) for way in ("direct_ms", "through_ms", "added_ms")),
        )
        for each in found["calls"]
    ]  # fmt: skip
    return "### What the gateway adds to a call\n\n" + table(head, rows)


def _documents(figures: dict[str, Figures]) -> str:
    if not (found := figures.get("documents")):
        return ""
    rows = [(name, number(each["cpu_ms"]), number(each["wall_ms"])) for name, each in found["parts"].items()]
    rows.append(("compose, properties and seal", number(found["compose_and_seal_cpu_ms"]), "–"))
    said = f"Medians of {found['documents']} documents of {found['bytes'] / 1024:.0f} KiB.\n\n"
    return "### A document, part by part\n\n" + said + table(("part", "CPU-ms", "ms"), rows)


def _search(figures: dict[str, Figures]) -> str:
    if not (found := figures.get("search")):
        return ""
    rows = [
        (
            each["way"], each["lanes"], number(each["ms"]["p50"]), number(each["ms"]["p99"]),
            number(each["cpu_ms"]["search"]), number(each["cpu_ms"]["gateway"]),
        )
        for each in found["answers"]
    ]  # fmt: skip
    head = ("way", "at a time", "p50 ms", "p99 ms", "search CPU-ms", "gateway CPU-ms")
    said = (
        f"{found['entries']:,} services; taken in within {number(found['taken_in_seconds'])} s; "
        f"search holds {number(found['memory_mib'])} MiB.\n\n"
    )
    return "### Search\n\n" + said + table(head, rows)


def _idle(figures: dict[str, Figures]) -> str:
    if not (found := figures.get("idle")):
        return ""
    rows = [
        (
            name, number(found["cpu_percent"][name]), number(found["memory_mib"][name]["rss"]),
            number(found["memory_mib"][name]["pss"]),
        )
        for name in ORDER
        if name in found["cpu_percent"]
    ]  # fmt: skip
    sums = (
        "all but the doubles", number(found["cpu_percent_inside"]), number(found["rss_mib_inside"]),
        number(found["pss_mib_inside"]),
    )  # fmt: skip
    said = f"Over {found['seconds']:.0f} s. PSS counts a page that processes share once.\n\n"
    return "### Idle\n\n" + said + table(("process", "CPU % of a core", "RSS MiB", "PSS MiB"), [*rows, sums])


def _growth(figures: dict[str, Figures]) -> str:
    if not (found := figures.get("growth")):
        return ""
    return ""


SECTIONS: tuple[Callable[[dict[str, Figures]], str], ...] = (
    _machine, _ratios, _journeys, _spine, _floor, _hop, _documents, _growth, _search, _idle,
)  # fmt: skip
