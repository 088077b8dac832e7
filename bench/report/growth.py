"""What journeys cost with more and more behind them, and the indexes that keep it flat."""

from collections.abc import Sequence

from bench.growth.copies import WAITING, WHOLE
from bench.growth.purposes import purpose_of
from bench.report.flights import by_process
from bench.report.markdown import Figures, both, number, table


def section(figures: dict[str, Figures]) -> str:
    """Journeys, processes and reads at each size; scans of big tables; indexes."""
    if not (found := figures.get("growth")):
        return ""
    points = found["points"]
    columns = [_name(point) for point in points]
    flights = [point["flight"] for point in points]
    said = (
        f"### Growth\n\n{found['journeys']} journeys without document, {found['in_flight']} in flight, at each size. "
        f"The databases hold copies of a finished journey, one in {WAITING} of them waiting in the queues; of copies "
        f"before the last {WHOLE:,} long texts that nothing measured reads are shortened.\n\n"
    )
    return (
        said
        + _sizes(points, columns)
        + "\n"
        + by_process(flights, "finished journeys", columns)
        + _reads(points, columns)
        + _walked(points, columns)
        + _indexes(found["indexes"])
        + _others(found["unused"])
    )


def _name(point: Figures) -> str:
    events = f" and {point['events']:,} events" if point["events"] else ""
    return f"{point['journeys_before']:,}{events}"


def _sizes(points: Sequence[Figures], columns: Sequence[str]) -> str:
    kinds = {
        "rows": lambda point: f"{point['rows']:,}",
        "GiB": lambda point: number(point["gibibytes"]),
        "CPU-ms per journey": lambda point: number(point["flight"]["cpu_ms_inside"]),
        "journeys/s": lambda point: number(point["flight"]["per_second"]),
        "journey, p50 / p99 ms": lambda point: both(point["flight"]["journey_ms"]),
        "public call, p50 / p99 ms": lambda point: both(point["flight"]["all_calls_ms"]),
        "idle, CPU % of a core": lambda point: number(point["idle_percent"]),
    }
    rows = [(name, *(show(point) for point in points)) for name, show in kinds.items()]
    return table(("finished journeys", *columns), rows)


def _reads(points: Sequence[Figures], columns: Sequence[str]) -> str:
    rows = [
        (name, *(f"{number(point['reads'][name]['cpu_ms'])} ({both(point['reads'][name])})" for point in points))
        for name in points[0]["reads"]
    ]
    return "\nReads, CPU-ms (p50 / p99 ms):\n\n" + table(("finished journeys", *columns), rows)


def _walked(points: Sequence[Figures], columns: Sequence[str]) -> str:
    rows = [
        (each["table"], name, each["scans"], f"{each['rows_a_scan']:,}")
        for point, name in zip(points, columns, strict=True)
        for each in point["walked"]
    ]
    if not rows:
        return "\nNo table of 2,000 rows or more was read from end to end.\n"
    return "\nTables that were read from end to end:\n\n" + table(("table", "at", "times", "rows a time"), rows)


def _indexes(indexes: Figures) -> str:
    """Plumbing is the same in every service and listed once."""
    rows = dict.fromkeys(_index(name, statement) for name, statement in indexes.items())
    return "\nIndexes that were used:\n\n" + table(("index", "columns", "keeps flat"), sorted(rows), is_text=True)


def _others(indexes: Figures) -> str:
    names = sorted({_shown(name) for name in indexes})
    if not names:
        return ""
    return f"\nNot searched here, since they only keep doubles out or serve other reads: {', '.join(names)}.\n"


def _index(name: str, statement: str) -> tuple[str, str, str]:
    _, of, index = name.split(".")
    return _shown(name), f"`{statement.partition(' USING btree ')[2]}`", purpose_of(of, index)


def _shown(name: str) -> str:
    service, of, index = name.split(".")
    return index if of in ("inbox", "outbox", "due_work", "tombstone") else f"{service}: {index}"
