"""docs/reliability.md from the record of a run."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.faults.acts import FAULTS, STEPS
from tests.faults.invariants import INVARIANTS
from tests.faults.matrix import Cell
from tests.faults.walking import Walk

HEAD = """# Reliability

What happens to journeys when something breaks while they are under way: every fault at every step, with real
processes and real servers. `make faults` runs it and writes this page; a part of it, drawn anew each time, is in
`make test`.
"""

HOW = """
## How to read it, how to run it again

A cell of the table is one fault struck when an observed journey has come to that step, while others are anywhere on
their way: some pay twice, some are called back twice or before the bank has booked, some withdraw. `4` means four
journeys were under way and all four ended as they should, once; `-` that the fault has nothing to strike at that step.
Lost: a journey that did not end within 150 s, or ended otherwise than it should. Doubled: a fact, receipt, number or
notice that came twice.

    make faults ARGS='--seed {seed} --journeys {journeys}'          # this schedule again
    make faults ARGS='--seed {seed} --only "kill -9 NATS @ payment"' # one cell of it

Four cells are under way at a time: a journey is hit by the faults of the others too, and counts in its own cell.
The seed decides which fault strikes which step in which order, what the applicants do, and every delay; when two
processes meet is the machine's to say.

"dies" means `SIGKILL` at that very line of the code (`kit/crashpoint.py`); "kill -9" at any moment, down for up to
1.5 s. A pause is `SIGSTOP` for {pause} s where the bus delivers again after {ack} s (`PAET_ACK_WAIT_SECONDS`; 30 s by
default). Reordering: while the step's service is away, all events that it has not had are taken out of the stream and
put back shuffled. Slow disk: strace adds 30 ms to every `fsync` and `fdatasync` of PostgreSQL and NATS at the system
call. Full disk: the whole suite stands on an ext4 file system of its own (loop device), which is filled to the last
byte for 4 s, longer where nobody wants to write just then. Clock jump: 18 days, past the day a fee is due, the bank's
last look, the legal period, the lease of a case and every session. Broker wiped: the store is deleted, streams and
consumers are made anew and filled by `python -m kit.rebuild`, while everything else runs.

## What held afterwards, over all databases
"""

PROVED = """
## Synced writes

`tests/faults/test_synced_writes.py` looks at the system calls: PostgreSQL calls `fdatasync` on its log before it
answers a `COMMIT`, NATS with `sync_interval: always` syncs the block of the stream before it acknowledges a
publication, and with the other setting it does not. The same settings are checked in `deploy/` and in the launcher.

## Known limits

- After a full disk NATS keeps the error of the block that it could not write and takes nothing until it is restarted,
  however much space there is; the run does what `deploy/README.md` tells an operator to do.
- The definition of the run needs no officer and lets no fee lapse: notices of a delay, and the end of what nobody pays,
  are shown by the tests of review and payment, not here.
- Answers 500 are counted above: each is an error that the platform did not foresee, though a second try went through.

## What cannot be proven here

- **Power loss.** A killed process loses its memory, not the page cache of the kernel. That acknowledged writes are
  handed to the disk is observed; that the disk keeps them is not.
- **Disks that lie.** A drive, controller or hypervisor that answers a flush from a volatile cache loses what was
  acknowledged, and no program above it can tell.
- **Several nodes.** NATS and PostgreSQL are one server each. Partitions, replicas that fall behind and fail-over are
  not part of this run.
- **Torn pages and bit rot.** PostgreSQL has full-page writes and checksums for them, NATS checksums; neither was
  provoked.
- **Every interleaving.** The crash points are exact; between them chance decides, and chance does not cover all.
"""


def of(record: Mapping[str, Any]) -> str:
    """The whole page."""
    cells = cells_of(record)
    return "".join((HEAD, _summary(record, cells), _table(record, cells), _how(record, cells), _held(record), PROVED))


def cells_of(record: Mapping[str, Any]) -> list[Cell]:
    """The cells of a record."""
    return [_cell(each) for each in record["cells"]]


def _cell(raw: Mapping[str, Any]) -> Cell:
    return Cell(**{**raw, "walks": [Walk(**each) for each in raw["walks"]]})


def _summary(record: Mapping[str, Any], cells: list[Cell]) -> str:
    machine = record["machine"]
    tried, survived, lost, doubled = counts(cells)
    failed = sum(len(each.errors) for each in cells)
    postgres, bus = machine["postgresql"], machine["nats"]
    return f"""
**Seed {record["seed"]}: {len(cells)} cells, {tried} journeys tried, {survived} survived, {lost} lost, \
{doubled} doubled.**

- {record["minutes"]} minutes, ended {record["measured"]["at"]}, on `{record["measured"]["revision"]}`; \
answers 500: {failed}.
- {machine["machine"]["cores"]} cores of {machine["machine"]["cpu"]}, {machine["machine"]["memory_gib"]} GiB, \
{machine["machine"]["kernel"]}.
- {machine["python"]}, nats-py {machine["libraries"]["nats-py"]}, asyncpg {machine["libraries"]["asyncpg"]}; \
PostgreSQL {postgres["version"]} (fsync {postgres["fsync"]}, synchronous_commit {postgres["synchronous_commit"]}, \
{postgres["wal_sync_method"]}); NATS {bus["version"]} (sync_interval {bus["sync_interval"]}).\
{_again(record)}
"""


def _again(record: Mapping[str, Any]) -> str:
    """The cells that were played once more after the run."""
    again = [f"{each['fault']} @ {each['step']}: not struck at first" for each in record["cells"] if each["is_repeat"]]
    return "".join(f"\n- Played again: {each}." for each in [*again, *record.get("again", [])])


def counts(cells: Iterable[Cell]) -> tuple[int, int, int, int]:
    """Journeys tried, survived, lost, doubled; a cell whose fault did not strike tried nothing."""
    struck = [each for each in cells if not each.not_struck]
    tried = sum(len(each.walks) for each in struck)
    lost, doubled = sum(len(each.lost) for each in struck), sum(len(each.doubled) for each in struck)
    hurt = sum(len({one.journey for one in each.lost} | each.doubled.keys()) for each in struck)
    return tried, tried - hurt, lost, doubled


def _table(record: Mapping[str, Any], cells: list[Cell]) -> str:
    head = ["fault", *STEPS, "tried", "survived", "lost", "doubled"]
    lines = ["", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for fault in FAULTS:
        mine = [each for each in cells if each.fault == fault.name]
        if not mine and fault.name == "full disk" and record["skipped"]:
            lines.append(f"| {fault.name} | not run: {record['skipped']} |{' |' * (len(head) - 2)}")
            continue
        at = [_text([each for each in mine if each.step == step]) for step in STEPS]
        lines.append(f"| {' | '.join([fault.name, *at, *map(str, counts(mine))])} |")
    return "\n".join(lines) + "\n"


def _text(cells: list[Cell]) -> str:
    if not cells:
        return "-"
    if all(each.not_struck for each in cells):
        return "not struck"
    tried, survived, _, _ = counts(cells)
    return str(tried) if tried == survived else f"**{survived} of {tried}**"


def _how(record: Mapping[str, Any], cells: list[Cell]) -> str:
    journeys = sum(len(each.walks) for each in cells)
    return HOW.format(seed=record["seed"], journeys=journeys, pause=3.5, ack=2)


def _held(record: Mapping[str, Any]) -> str:
    lines = []
    for each in INVARIANTS:
        words = str(each.__doc__).partition("\n")[0]
        wrong = record["violations"].get(each.__name__)
        lines.append(f"- {words}" + (f" **Violated: {len(wrong)} times.**" if wrong else ""))
    intro = "\nChecked when all was quiet again and the clock had gone past every deadline once more:\n\n"
    return intro + "\n".join(lines) + "\n"
