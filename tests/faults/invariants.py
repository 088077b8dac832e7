"""What must hold over all databases whatever happened (X1): nothing lost, nothing twice, nothing silent.

Each invariant is a function that returns what violates it, in words; `hold` waits until the suite is quiet and wants
all of them empty. None of them repairs, retries or waits.
"""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Collection
from contextlib import closing
from datetime import timedelta

from kit.local import samples
from kit.local.doubles.thaid.people import SHIPPED
from kit.messaging import EVENTS
from tests.faults import bus
from tests.faults.stage import SERVICES, Stage
from tests.faults.tables import column, rows
from tests.faults.walking import EMAIL, MARK

Invariant = Callable[[Stage, Collection[str]], Awaitable[list[str]]]
JOURNEY = "(body::jsonb->>'journeyid')"
TOLERANCE = timedelta(seconds=90)
"""How late due work may be: it is tried again with a growing delay of up to a minute."""


async def everything_told_is_published(stage: Stage, _ended: Collection[str]) -> list[str]:
    """No committed event stays in an outbox."""
    unsent = "SELECT id FROM outbox WHERE sent_at IS NULL"
    return [f"{name}: {each} is unsent" for name in SERVICES for each in await column(stage, name, unsent)]


async def journeys_end_once(stage: Stage, ended: Collection[str]) -> list[str]:
    """Every journey that went to its end has one end, and no journey has two."""
    of_ends = "address LIKE 'events.%.delivery.completed.%'"
    query = f"SELECT {JOURNEY} AS journey, count(*) FROM outbox WHERE {of_ends} GROUP BY 1"
    ends = {row["journey"]: row["count"] for row in await rows(stage, "delivery", query)}
    lost = [f"{each} has no end" for each in ended if each not in ends]
    return lost + [f"{each} has {count} ends" for each, count in ends.items() if count != 1]


async def nothing_is_told_twice(stage: Stage, _ended: Collection[str]) -> list[str]:
    """A step of a journey is handed over once, and no fact of a journey and step comes twice that may come once.

    What is told of a notice may come once for each notice and channel; a refund is due for each payment too many.
    """
    about = f"{JOURNEY}, body::jsonb->>'type', body::jsonb->>'step'"
    notice = "body::jsonb->'data'->>'notice', body::jsonb->'data'->>'channel'"
    query = (
        f"SELECT concat_ws(' ', {about}, {notice}, count(*)) FROM outbox WHERE body::jsonb ? 'journeyid'"
        f" AND body::jsonb->>'type' <> 'paet.payment.refund_due.v1' GROUP BY {about}, {notice} HAVING count(*) > 1"
    )
    return [f"{name} told twice: {each}" for name in SERVICES for each in await column(stage, name, query)]


async def paid_is_issued_or_owed_back(stage: Stage, ended: Collection[str]) -> list[str]:
    """Of ended journeys: a paid invoice has one issued document; a void one that was paid owes its money back."""
    paid = await rows(
        stage,
        "payment",
        "SELECT i.journey_id::text, i.state, r.amount, i.slip::text AS slip, (SELECT coalesce(sum(f.amount), 0) FROM"
        " refund f WHERE f.invoice_id = i.id AND f.payment_id = r.payment_id) AS owed"
        " FROM invoice i JOIN receipt r ON r.invoice_id = i.id AND r.replaces IS NULL",
    )
    issued = set(await column(stage, "issuance", "SELECT journey_id FROM document WHERE state = 'issued'"))
    found = []
    for row in paid:
        journey, ends = row["journey_id"], row["journey_id"] in set(ended)
        issues = '"process": "issuance"' in row["slip"]
        if row["state"] == "paid" and ends and issues and journey not in issued:
            found.append(f"{journey} paid {row['amount']}, has no document and no refund")
        if row["state"] == "void" and row["owed"] < row["amount"]:
            found.append(f"{journey} paid {row['amount']} for a void invoice, {row['owed']} is owed back")
    return found


async def issued_is_delivered(stage: Stage, ended: Collection[str]) -> list[str]:
    """The applicant of every issued document was told, once; and no number counts twice."""
    issued = await column(stage, "issuance", "SELECT journey_id FROM document WHERE state = 'issued'")
    told = await column(stage, "delivery", "SELECT journey_id FROM notice WHERE kind = 'issued'")
    done = await column(stage, "delivery", "SELECT journey_id FROM delivery WHERE outcome = 'passed'")
    found = [f"{each} is issued and not delivered" for each in set(issued) & set(ended) - set(told) - set(done)]
    found += [f"{each} is issued twice" for each in issued if issued.count(each) > 1]
    found += [f"{each} was told twice that it is issued" for each in set(told) if told.count(each) > 1]
    open_numbers = "SELECT concat(series, year, '-', running) FROM number WHERE state = 'given'"
    return found + [f"{each} was given and never settled" for each in await column(stage, "issuance", open_numbers)]


async def money_is_the_same_in_all_books(stage: Stage, _ended: Collection[str]) -> list[str]:
    """Bookings balance; what the bank booked is in the ledger, once; receipts and refunds are what the ledger says."""
    found = await column(stage, "payment", "SELECT booking_id FROM ledgerentry GROUP BY 1 HAVING sum(amount) <> 0")
    found = [f"booking {each} does not balance" for each in found]
    bank = _book_of_the_bank(stage)
    ours = {
        row["transaction_id"]: row
        for row in await rows(stage, "payment", "SELECT transaction_id, amount, state FROM payment")
    }
    references = set(await column(stage, "payment", "SELECT reference1 FROM invoice"))
    for transaction, (reference, amount) in bank.items():
        known = ours.get(transaction)
        if reference in references and (known is None or known["state"] == "unverified" or known["amount"] != amount):
            found.append(f"the bank has {transaction} over {amount}, payment has {known}")
    found += [f"the bank knows nothing of {each}" for each in ours if each not in bank]
    return found + await _sums(stage, sum(amount for reference, amount in bank.values() if reference in references))


def _book_of_the_bank(stage: Stage) -> dict[str, tuple[str, int]]:
    with closing(sqlite3.connect(stage.suite.state.folder / "files" / "bank.sqlite")) as book:
        query = "SELECT transaction_id, ref1, amount FROM payment"
        return {transaction: (reference, amount) for transaction, reference, amount in book.execute(query)}


async def _sums(stage: Stage, at_the_bank: int) -> list[str]:
    query = (
        "SELECT coalesce(sum(amount) FILTER (WHERE account = 'bank'), 0) AS bank,"
        " coalesce(-sum(amount) FILTER (WHERE account = 'refund-due'), 0) AS due,"
        " (SELECT coalesce(sum(amount), 0) FROM refund) AS refunds,"
        " (SELECT count(*) - count(DISTINCT invoice_id) FROM receipt WHERE replaces IS NULL) AS twice FROM ledgerentry"
    )
    [sums] = await rows(stage, "payment", query)
    found = []
    if sums["bank"] != at_the_bank:
        found.append(f"the ledger has {sums['bank']} at the bank, the bank {at_the_bank}")
    if sums["due"] != sums["refunds"]:
        found.append(f"the ledger owes {sums['due']}, the refunds are {sums['refunds']}")
    return found + ([f"{sums['twice']} invoices have two receipts"] if sums["twice"] else [])


async def numbers_have_no_gap(stage: Stage, _ended: Collection[str]) -> list[str]:
    """Each series of applications, receipts and documents runs 1, 2, 3 … with every number once."""
    queries = {
        "request": "SELECT number FROM application WHERE number IS NOT NULL",
        "payment": "SELECT concat(book, '-', year, '-', running) FROM receipt",
        "issuance": "SELECT concat(agency, series, year, '-', running) FROM number",
    }
    found = []
    for service, query in queries.items():
        series: dict[str, list[int]] = {}
        for number in await column(stage, service, query):
            head, _, running = number.rpartition("-")
            series.setdefault(head, []).append(int(running))
        wrong = [head for head, given in series.items() if sorted(given) != list(range(1, len(given) + 1))]
        found += [f"the series {head} of {service} has a gap or a number twice" for head in wrong]
    return found


async def the_timeline_is_the_union_of_the_outboxes(stage: Stage, _ended: Collection[str]) -> list[str]:
    """The projection holds every event about a journey that any service has told, and no other."""
    told: set[str] = set()
    for name in SERVICES:
        told |= set(await column(stage, name, "SELECT id FROM outbox WHERE body::jsonb ? 'journeyid'"))
    shown = set(await column(stage, "gateway", "SELECT event_id FROM timeline"))
    return [f"{each} is not on the timeline" for each in told - shown] + [
        f"{each} is on the timeline, and nobody told it" for each in shown - told
    ]


async def no_deadline_is_missed_silently(stage: Stage, _ended: Collection[str]) -> list[str]:
    """What was due is done; what failed for good is known; whatever runs out has work waiting for it."""
    late = "SELECT concat(kind, ' ', key, ' ', error) FROM due_work WHERE failed_at IS NOT NULL OR due_at < $1"
    limit = stage.now() - TOLERANCE
    found = [f"{name}: {each}" for name in SERVICES for each in await column(stage, name, late, limit)]
    orphans = {
        "payment": (
            "an open invoice nobody asks the bank about",
            "SELECT id FROM invoice i WHERE state = 'open' AND NOT EXISTS"
            " (SELECT 1 FROM due_work WHERE kind = 'inquire' AND key = i.id::text) AND due_at + interval '2 days' > $1",
        ),
        "review": (
            "a case held after its lease",
            "SELECT id FROM cases c WHERE state = 'claimed' AND lease_until < $1",
        ),
        "issuance": (
            "a document nobody is making",
            "SELECT id FROM document d WHERE state IN ('requested', 'issuing') AND $1::timestamptz IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM due_work"
            " WHERE kind IN ('issue', 'reissue') AND key LIKE d.id::text || ':%')",
        ),
    }
    for service, (words, query) in orphans.items():
        found += [f"{words}: {each}" for each in await column(stage, service, query, limit)]
    return found


async def no_dead_letter_is_unexplained(stage: Stage, _ended: Collection[str]) -> list[str]:
    """No event died but those that a test let die on purpose."""
    found = []
    for letter in await bus.letters(stage):
        event = json.loads(letter.data or b"{}").get("id")
        if event not in stage.explained:
            found.append(f"{letter.subject}: {event} died of {(letter.headers or {}).get('Paet-Reason')}")
    return found


async def nothing_personal_is_on_the_bus(stage: Stage, _ended: Collection[str]) -> list[str]:
    """No event holds what the applicants typed, who they are, or the id under which identity knows them."""
    people = json.loads(SHIPPED.read_text(encoding="utf-8"))
    marks = {MARK, EMAIL, samples.EMAIL, *await column(stage, "identity", "SELECT id FROM person")}
    for person in people if isinstance(people, list) else people["people"]:
        marks |= {person["pid"], person["sub"], person["given_name"], person["family_name"]}
    found = []
    async with bus.stream_of(stage) as jetstream:
        for message in await bus.messages(jetstream, EVENTS):
            text = (message.data or b"").decode() + json.dumps(message.headers or {})
            found += [f"{message.subject} ({message.seq}) holds {mark!r}" for mark in marks if mark and mark in text]
    return found


INVARIANTS: tuple[Invariant, ...] = (
    everything_told_is_published,
    journeys_end_once,
    nothing_is_told_twice,
    paid_is_issued_or_owed_back,
    issued_is_delivered,
    money_is_the_same_in_all_books,
    numbers_have_no_gap,
    the_timeline_is_the_union_of_the_outboxes,
    no_deadline_is_missed_silently,
    no_dead_letter_is_unexplained,
    nothing_personal_is_on_the_bus,
)


async def violations(stage: Stage, ended: Collection[str]) -> dict[str, list[str]]:
    """What violates each invariant now, by its name; empty where all hold. ``ended`` are journeys that must have."""
    found = {each.__name__: await each(stage, ended) for each in INVARIANTS}
    return {name: wrong for name, wrong in found.items() if wrong}


async def is_quiet(stage: Stage, seconds: float = 60) -> None:
    """Wait until all that was told is published and taken, and no work is due."""
    due = "SELECT 1 FROM due_work WHERE failed_at IS NULL AND due_at < $1"
    async with asyncio.timeout(seconds):
        while True:
            await bus.is_taken(stage, seconds)
            waiting = await everything_told_is_published(stage, ())
            for name in SERVICES:
                waiting += await column(stage, name, due, stage.now())
            if not waiting:
                return
            await asyncio.sleep(0.3)


async def hold(stage: Stage, *ended: str) -> None:
    """Check everything on the quiet suite; ``ended`` are journeys that must have ended exactly once."""
    await is_quiet(stage)
    assert await violations(stage, ended) == {}
