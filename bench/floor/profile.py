"""What one journey of the bench's definition does at least: its transactions, events and deliveries, as data.

Written from a statement log of the suite; `tests/bench` walks a real journey and compares the counts.
"""

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Transaction:
    """One transaction of a service for one journey.

    ``cause`` is the event that is consumed (then it shares its transaction with the other events of its batch),
    ``call:<name>`` when somebody waits for it, or ``due:<kind>`` when it is due work: a transaction of its own, which
    it shares with other due work that there is at the time. ``writes`` are ``+table`` inserts, ``~table`` updates,
    ``-table`` deletes; ``tells`` are the facts written to the outbox.
    """

    service: str
    cause: str
    writes: tuple[str, ...]
    tells: tuple[str, ...]

    @property
    def is_alone(self) -> bool:
        """Whether it shares no transaction with an event."""
        return ":" in self.cause


def _row(line: str) -> Transaction:
    service, cause, *words = line.split()
    writes = tuple(each for each in words if each[0] in "+~-")
    return Transaction(service, cause, writes, tuple(each for each in words if each not in writes))


JOURNEY: tuple[Transaction, ...] = tuple(
    _row(line)
    for line in """
gateway   call:start          +journey +due_work
request   call:open           +application                                                  request.opened
gateway   call:opened         ~journey -due_work
request   call:save           ~application
request   call:file           ~number_series ~application                                   request.submitted
review    request.submitted   +cases +case_acts +case_acts +due_work   review.opened review.accepted review.recommended
delivery  request.submitted   +notice
approval  review.recommended  +decisions                                       approval.opened approval.granted
review    approval.granted    +case_acts ~cases -due_work
delivery  approval.granted    +notice
payment   approval.granted    +invoice +due_work                                               payment.invoiced
delivery  payment.invoiced    +notice
payment   call:callback       +payment +due_work
payment   due:verify          ~payment +ledgerentry +ledgerentry ~invoice ~receiptbook +receipt     payment.paid
payment   due:verify          -due_work
delivery  payment.paid        +notice
issuance  payment.paid        +document +due_work
request   call:seal           ~application
issuance  due:issue           ~series ~document +number
issuance  due:issue           ~document ~number +due_work                                       issuance.issued
issuance  due:issue           -due_work
delivery  issuance.issued     +delivery +notice                          delivery.delivered delivery.completed
request   delivery.completed  ~application +tombstone
gateway   delivery.completed  +tombstone
""".splitlines()
    if line
)
"""In order. Beside these the gateway writes every event on the timeline, in batches: see ``TIMELINE``."""

TIMELINE = ("~progress", "+timeline")
"""Of every event at the gateway; the first of a journey inserts its row of progress, a batch updates it once."""

COUNTERS = ("number_series", "receiptbook", "series")
"""One row that all journeys of an agency and year write: it is locked until its transaction has committed."""

LATER = {
    ("payment", "approval.granted"), ("gateway", "call:start"), ("issuance", "due:issue"),
    ("review", "request.submitted"),
}  # fmt: skip
"""Whose due work is for later: a journey that goes well never comes to it, or has ended by then."""

FACTS: tuple[str, ...] = tuple(fact for each in JOURNEY for fact in each.tells)
"""Every event of a journey."""

SIZES = {
    "journey": (176, 4), "application": (976, 3), "cases": (1864, 4), "case_acts": (77, 2), "notice": (1391, 5),
    "decisions": (3599, 3), "invoice": (1384, 4), "payment": (127, 3), "ledgerentry": (156, 4), "receipt": (152, 4),
    "document": (2323, 6), "number": (95, 2), "delivery": (584, 2), "timeline": (166, 2), "tombstone": (63, 1),
}  # fmt: skip
"""Bytes of a row and number of indexes, by table, as measured."""

EVENT_BYTES = {
    "request.opened": 519, "request.submitted": 904, "review.opened": 613, "review.accepted": 649,
    "review.recommended": 961, "approval.opened": 625, "approval.granted": 967, "payment.invoiced": 709,
    "payment.paid": 906, "issuance.issued": 906, "delivery.delivered": 617, "delivery.completed": 600,
}  # fmt: skip
"""Length of an event as published, as measured."""

SERVICES = tuple(dict.fromkeys(each.service for each in JOURNEY))
"""Who writes anything for a journey; search and identity do not."""


def consumed_by(service: str) -> tuple[str, ...]:
    """The facts that a service consumes on a journey."""
    if service == "gateway":
        return FACTS
    return tuple(each.cause for each in JOURNEY if each.service == service and not each.is_alone)


def rows_written(service: str) -> dict[str, tuple[int, int, int]]:
    """Rows that one journey inserts, updates and deletes in a service, by table, plumbing included.

    Its progress is updated as often as the gateway takes a batch with an event of it: here, one event a time.
    """
    mine = [each for each in JOURNEY if each.service == service]
    counts = Counter(write for each in mine for write in each.writes)
    told, taken = sum(len(each.tells) for each in mine), len(consumed_by(service))
    counts |= Counter({"+outbox": told, "~outbox": told, "+inbox": taken})
    if service == "gateway":
        counts |= Counter({"+progress": 1, "~progress": taken - 1, "+timeline": taken})
    tables = sorted({write[1:] for write, count in counts.items() if count})
    return {table: (counts[f"+{table}"], counts[f"~{table}"], counts[f"-{table}"]) for table in tables}
