"""The tables of events in the READMEs, written from the code: `python -m tests.architecture.readmes --write`.

Each service's README has one between two marks; the map of the README at the root has events in its last columns.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from kit.calendars import on_calendar_changed
from kit.claims import ClaimNeed, Need, SectionNeed
from kit.contracts.events import CATALOGUE, NEGATIVE_ENDS, Fact, HandOver
from kit.worker import Consumer
from tests.architecture.facts import emitted_by, table_of_service
from tests.architecture.tree import PACKAGES, ROOT, folder_of

BEGIN = "<!-- events, by python -m tests.architecture.readmes --write -->"
END = "<!-- end of events -->"
BLOCK = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
ROW = re.compile(r"^(\| \[(?P<service>[a-z]+)\]\([^)]*\) \| [^|]* \|).*$", re.MULTILINE)
IN_ORDER = list(CATALOGUE.values())
OTHER_WORDS = {on_calendar_changed: "Periods counted from now on follow the proclaimed day"}


class NoTable(ValueError):
    """A README has no marks to write between."""


def said(fact: type[Fact]) -> str:
    """A fact with the mark of what it does to the journey: → hands over, ↘ ends it before its plan is done."""
    if issubclass(fact, HandOver):
        return f"`{fact.source}.{fact.name}` {'↘' if fact.closes else '→'}"
    return f"`{fact.source}.{fact.name}`"


def first_sentence(text: str | None) -> str:
    """The first sentence of a docstring, as a cell of a table."""
    words = " ".join((text or "").split("\n\n")[0].split())
    return re.split(r"(?<=[a-z)`])\.(?: |$)", words)[0].rstrip(".").replace("``", "`")


def asked(needs: Iterable[Need]) -> str:
    """What a consumer asks other services before it begins."""
    words = ["gateway: its section" for need in needs if isinstance(need, SectionNeed)]
    words += [f"{need.owner}: {need.name}" for need in needs if isinstance(need, ClaimNeed)]
    return ", ".join(dict.fromkeys(words)) or "–"


def events_in(service: str) -> Iterator[tuple[str, str, str]]:
    """Rows: the events, what is done, what is asked before."""
    table = table_of_service(service)
    if table.handover:
        yield f"any hand-over to {service}", *_done(table.handover)
    for _, same in groupby(table.reactions, key=lambda each: (each.function, each.needs)):
        consumers = list(same)
        facts = [each.fact for each in consumers if each.fact]
        yield ", ".join("every fact" if fact is Fact else said(fact) for fact in facts), *_done(consumers[0])


def _done(consumer: Consumer) -> tuple[str, str]:
    words = OTHER_WORDS.get(consumer.function) or first_sentence(consumer.function.__doc__)
    return words, asked(consumer.needs)


def events_out(service: str) -> list[type[Fact]]:
    """The facts that a service tells, in the catalogue's order."""
    return [fact for fact in IN_ORDER if fact in emitted_by(service)]


def block(service: str) -> str:
    """The tables of one service, marks included."""
    taken = list(events_in(service))
    told = [(said(fact), first_sentence(fact.__doc__)) for fact in events_out(service)]
    lines = [BEGIN]
    if taken:
        lines += ["| event in | what is done | asks before |", "| --- | --- | --- |"]
        lines += [f"| {' | '.join(row)} |" for row in taken]
    lines += ["" if taken else "Events in: none.", *([""] if told and not taken else [])]
    if told:
        lines += ["| event out | what it says |", "| --- | --- |"] + [f"| {' | '.join(row)} |" for row in told]
    else:
        lines += ["Events out: none."]
    return "\n".join([*lines, END])


def row_end(service: str) -> str:
    """The last two columns of a service in the map: events in, events out."""
    table = table_of_service(service)
    named = [each.fact for each in table.reactions if each.fact]
    taken = [f"hand-overs to {service}"] if table.handover else []
    taken += ["negative ends ↘"] if set(NEGATIVE_ENDS) <= set(named) else []
    taken += ["every fact" if fact is Fact else said(fact) for fact in named if fact not in NEGATIVE_ENDS]
    told = [f"`{fact.name}`" + said(fact).partition("`")[2].partition("`")[2] for fact in events_out(service)]
    return f" {', '.join(taken) or '–'} | {', '.join(told) or '–'} |"


def updated(path: Path, text: str) -> str:
    """A README with its tables as the code is now; NoTable when there is no place for them."""
    if path == ROOT / "README.md":
        found = {match["service"] for match in ROW.finditer(text)}
        if found != PACKAGES.keys():
            raise NoTable(f"{path}: rows of the map are missing: {sorted(PACKAGES.keys() - found)}")
        return ROW.sub(lambda match: match[1] + row_end(match["service"]), text)
    if not BLOCK.search(text):
        raise NoTable(f"{path}: no line {BEGIN}")
    return BLOCK.sub(lambda _: block(path.parent.name), text)


def readmes() -> list[Path]:
    """Every README that has such a table."""
    return [ROOT / "README.md", *(folder_of(service) / "README.md" for service in PACKAGES)]


def main() -> None:
    """Write the tables, or without `--write` name the READMEs that are out of step."""
    stale = []
    for path in readmes():
        text = path.read_text(encoding="utf-8")
        now = updated(path, text)
        if now != text:
            stale.append(path.relative_to(ROOT).as_posix())
            if "--write" in sys.argv:
                path.write_text(now, encoding="utf-8")
    said_of = "written:" if "--write" in sys.argv else "out of step:"
    print(said_of, *stale or ["none"])  # noqa: T201 - it speaks to a terminal
    sys.exit(bool(stale) and "--write" not in sys.argv)


if __name__ == "__main__":
    main()
