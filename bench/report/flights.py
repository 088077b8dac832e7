"""Journeys: whole, spine only, the floor, and the last two side by side."""

from collections.abc import Sequence

from bench.report.markdown import ORDER, Figures, both, number, table
from bench.usage import OUTSIDE


def ratios(figures: dict[str, Figures]) -> str:
    """The spine in units of the floor, for each way in which the floor takes its batches."""
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
    head = ("in flight", "journeys", "journeys/s", "p50 ms", "p99 ms", "slowest", "CPU-ms per journey")
    rows = [
        (
            each["in_flight"], each["journeys"], number(each["per_second"]), number(each["journey_ms"]["p50"]),
            number(each["journey_ms"]["p99"]), number(each["journey_ms"]["max"]), number(each["cpu_ms_inside"]),
        )
        for each in flights
    ]  # fmt: skip
    return f"### {title}\n\n{table(head, rows)}\n{by_process(flights)}{_by_call(flights)}{_queues(flights)}"


def by_process(flights: Sequence[Figures], over: str = "in flight", columns: Sequence[str] = ()) -> str:
    """CPU-ms per journey, a row for each process; a column for each flight, named for its number in flight or so."""
    names = [name for name in ORDER if any(name in each["cpu_ms"] for each in flights)]
    rows = [
        (f"{name} *" if name in OUTSIDE else name, *(number(each["cpu_ms"].get(name, 0.0)) for each in flights))
        for name in names
    ]
    starred = "\n\\* double of an outside system, not counted.\n" if OUTSIDE & set(names) else ""
    head = (over, *(columns or _in_flight(flights)))
    return "CPU-ms per journey by process:\n\n" + table(head, rows) + starred


def _in_flight(flights: Sequence[Figures]) -> list[str]:
    return [str(each["in_flight"]) for each in flights]


def _by_call(flights: Sequence[Figures]) -> str:
    if "call_ms" not in flights[0]:
        return ""
    rows = [(name, *(both(each["call_ms"][name]) for each in flights)) for name in flights[0]["call_ms"]]
    rows.append(("all", *(both(each["all_calls_ms"]) for each in flights)))
    rows.append(("all while the queues are full", *(both(each["full_calls_ms"]) for each in flights)))
    rows.append(("the same after the burst at the start", *(both(each["steady_calls_ms"]) for each in flights)))
    return "\nPublic calls, p50 / p99 ms:\n\n" + table(("in flight", *_in_flight(flights)), rows)


def _queues(flights: Sequence[Figures]) -> str:
    """How full the queues were, and what the services complained of; nothing for the floor, which has no such."""
    if "troubles" not in flights[0]:
        return ""
    kinds = {"events not yet acknowledged": "events", "events not yet published": "unsent", "work that is due": "due"}
    rows = [(name, *(_median_and_most(each["backlog"][kind]) for each in flights)) for name, kind in kinds.items()]
    rows += [(name, *(each["troubles"][name] for each in flights)) for name in flights[0]["troubles"]]
    said = "\nQueues while all are in flight, median / most of looks; below, what went wrong behind the calls:\n\n"
    return said + table(("in flight", *_in_flight(flights)), rows)


def _median_and_most(seen: Figures) -> str:
    return f"{seen['p50']:,.0f} / {seen['max']:,}"


def _memory(found: Figures) -> str:
    rows = [
        (name, number(found["memory_mib"][name]["rss"]), number(found["memory_mib"][name]["pss"]))
        for name in ORDER
        if name in found["memory_mib"]
    ]
    return "\nMemory afterwards, MiB:\n\n" + table(("process", "RSS", "PSS"), rows)


def journeys(figures: dict[str, Figures]) -> str:
    """Whole journeys."""
    found = figures.get("journeys")
    return _flights("Whole journeys", found["flights"]) + _memory(found) if found else ""


def spine(figures: dict[str, Figures]) -> str:
    """Journeys without documents."""
    found = figures.get("spine")
    return _flights("Spine only: no document is made", found["flights"]) if found else ""


def floor(figures: dict[str, Figures]) -> str:
    """Bare loops that do the same writes."""
    runs = figures.get("floor", {}).get("runs", [])
    return "\n".join(_flights(f"Floor, batches waited for {run['linger_ms']:.0f} ms", run["flights"]) for run in runs)
