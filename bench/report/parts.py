"""The gateway's share of a call, documents, search, and the idle suite."""

from bench.report.markdown import ORDER, Figures, both, number, table


def hop(figures: dict[str, Figures]) -> str:
    """What the gateway adds."""
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
            *(both(each[way]) for way in ("direct_ms", "through_ms", "added_ms")),
        )
        for each in found["calls"]
    ]  # fmt: skip
    return "### What the gateway adds to a call\n\n" + table(head, rows)


def documents(figures: dict[str, Figures]) -> str:
    """A document, part by part."""
    if not (found := figures.get("documents")):
        return ""
    rows = [(name, number(each["cpu_ms"]), number(each["wall_ms"])) for name, each in found["parts"].items()]
    rows.append(("compose, properties and seal (B-T)", number(found["compose_and_seal_cpu_ms"]), "–"))
    said = f"Medians of {found['documents']} documents of {found['bytes'] / 1024:.0f} KiB.\n\n"
    return "### A document, part by part\n\n" + said + table(("part", "CPU-ms", "ms"), rows)


def search(figures: dict[str, Figures]) -> str:
    """Questions to the catalogue."""
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


def idle(figures: dict[str, Figures]) -> str:
    """A suite that nobody asks."""
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
