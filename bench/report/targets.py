"""The targets, each with its figure and whether it is met: computed, never written by hand."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.report.markdown import Figures, number, table
from bench.usage import OUTSIDE

MIB = 1024
FAIR = 3.0
"""No journey takes longer than so many times the median: nobody starves."""
CROWD = 128


@dataclass(frozen=True)
class Target:
    """A figure that must not be over ``limit``, or must be under it; ``aim`` is what one would like."""

    name: str
    figure: float
    limit: float
    unit: str = ""
    aim: float | None = None
    is_strict: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps within the limit."""
        return self.figure < self.limit if self.is_strict else self.figure <= self.limit

    @property
    def wanted(self) -> str:
        """The limit as it is read."""
        aim = "" if self.aim is None else f", aim {self.aim:g}"
        return f"{'<' if self.is_strict else '≤'} {self.limit:g}{self.unit}{aim}"


def targets(figures: dict[str, Figures]) -> list[Target]:
    """Every target for which there are figures."""
    return [target for part, of in PARTS.items() if part in figures for target in of(figures)]


def section(figures: dict[str, Figures]) -> str:
    """The table of targets."""
    if not (found := targets(figures)):
        return ""
    rows = [
        (each.name, f"{number(each.figure)}{each.unit}", each.wanted, "met" if each.is_met else "**not met**")
        for each in found
    ]
    return "### Targets\n\n" + table(("target", "figure", "wanted", ""), rows)


def _spine(figures: dict[str, Figures]) -> Iterator[Target]:
    flights = figures["spine"]["flights"]
    for run in figures.get("floor", {}).get("runs", []):
        waits = f"batches waited for {run['linger_ms']:.0f} ms" if run["linger_ms"] else "batches of what is there"
        for flight, below in _pairs(flights, run["flights"]):
            ratio = flight["cpu_ms_inside"] / below["cpu_ms_inside"]
            yield Target(f"spine / floor in CPU-seconds, {flight['in_flight']} in flight, {waits}", ratio, 3)
    for flight in flights:
        name = f"journey without document and signature, {flight['in_flight']} in flight"
        yield Target(name, flight["cpu_ms_inside"], 15, " CPU-ms", aim=10)


def _pairs(flights: Sequence[Figures], floors: Sequence[Figures]) -> Iterator[tuple[Figures, Figures]]:
    below = {each["in_flight"]: each for each in floors}
    return ((each, below[each["in_flight"]]) for each in flights if each["in_flight"] in below)


def _journeys(figures: dict[str, Figures]) -> Iterator[Target]:
    for flight in figures["journeys"]["flights"]:
        name = f"whole journey, {flight['in_flight']} in flight"
        yield Target(name, flight["cpu_ms_inside"], 60, " CPU-ms", aim=48)
    for flight in figures["journeys"]["flights"]:
        if flight["in_flight"] == CROWD:
            yield from _crowd(flight)


def _crowd(flight: Figures) -> Iterator[Target]:
    crowd = f"{CROWD} in flight"
    # A call answered with an error ends the bench: there is no figure with one in it.
    yield Target(f"{crowd}: errors, retries and dead letters", sum(flight["troubles"].values()), 0)
    fairness = flight["journey_ms"]["max"] / flight["journey_ms"]["p50"]
    yield Target(f"{crowd}: slowest journey / median (no starvation)", fairness, FAIR)
    name = f"{crowd}: p99 of a public call while the queues are full"
    yield Target(name, flight["full_calls_ms"]["p99"], 250, " ms", is_strict=True)
    inside = {process: each for process, each in flight["cpu_ms"].items() if process not in OUTSIDE}
    others = max(each for process, each in inside.items() if process != "issuance")
    name = f"{crowd}: the largest other process / issuance (documents are the largest share)"
    yield Target(name, others / inside["issuance"], 1, is_strict=True)


def _hop(figures: dict[str, Figures]) -> Iterator[Target]:
    for each in figures["hop"]["calls"]:
        name = f"the gateway adds to a call ({each['call']}, {each['lanes']} at a time)"
        yield Target(name, each["gateway_cpu_ms"], 0.5, " CPU-ms")


def _documents(figures: dict[str, Figures]) -> Iterator[Target]:
    yield Target("compose and seal with a time-stamp", figures["documents"]["compose_and_seal_cpu_ms"], 38, " CPU-ms")


def _search(figures: dict[str, Figures]) -> Iterator[Target]:
    search = figures["search"]
    for each in search["answers"]:
        if (each["way"], each["lanes"]) == ("direct", 1):
            name = f"search among {search['entries']:,} services, one question at a time: p99"
            yield Target(name, each["ms"]["p99"], 50, " ms", is_strict=True)


def _idle(figures: dict[str, Figures]) -> Iterator[Target]:
    idle = figures["idle"]
    yield Target("idle suite, of one core", idle["cpu_percent_inside"], 3, " %", is_strict=True)
    memory = idle["pss_mib_inside"] / MIB
    yield Target("idle suite, memory in all (PSS)", memory, 1.25, " GiB", is_strict=True)


PARTS: dict[str, Callable[[dict[str, Figures]], Iterator[Target]]] = {
    "spine": _spine,
    "hop": _hop,
    "documents": _documents,
    "journeys": _journeys,
    "search": _search,
    "idle": _idle,
}
