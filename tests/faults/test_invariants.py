"""The invariants can fail: each is shown what it is there to find, and names it."""

from uuid import uuid4

import pytest

from tests.faults import bus, invariants
from tests.faults.matrix import playing
from tests.faults.stage import DEFINITION
from tests.faults.tables import planted
from tests.faults.walking import Walk, walk

AGAIN = "INSERT INTO outbox (id, address, body, sent_at) SELECT gen_random_uuid(), address, body, now() FROM outbox"
OF_ENDS = "WHERE address LIKE '%.delivery.completed.%'"
PLANTS = [
    ("everything_told_is_published", "review", "UPDATE outbox SET sent_at = NULL", "is unsent"),
    ("journeys_end_once", "delivery", f"DELETE FROM outbox {OF_ENDS}", "has no end"),
    ("journeys_end_once", "delivery", f"{AGAIN} {OF_ENDS} LIMIT 1", "has 2 ends"),
    ("nothing_is_told_twice", "approval", f"{AGAIN} WHERE address LIKE '%granted%' LIMIT 1", "granted.v1"),
    ("nothing_is_told_twice", "delivery", f"{AGAIN} WHERE address LIKE '%dispatched%' LIMIT 1", "dispatched.v1"),
    ("paid_is_issued_or_owed_back", "issuance", "UPDATE document SET state = 'failed'", "no document and no refund"),
    ("paid_is_issued_or_owed_back", "payment", "UPDATE invoice SET state = 'void'", "is owed back"),
    ("issued_is_delivered", "delivery",
     "UPDATE notice SET kind = 'x'; UPDATE delivery SET outcome = 'x'", "not delivered"),
    ("issued_is_delivered", "issuance", "UPDATE number SET state = 'given'", "never settled"),
    ("money_is_the_same_in_all_books", "payment", "UPDATE ledgerentry SET amount = amount + 1", "does not balance"),
    ("money_is_the_same_in_all_books", "payment", "DELETE FROM ledgerentry", "the ledger has 0 at the bank"),
    ("money_is_the_same_in_all_books", "payment", "DELETE FROM payment", "payment has None"),
    ("money_is_the_same_in_all_books", "payment", "DELETE FROM refund", "the refunds are 0"),
    ("money_is_the_same_in_all_books", "payment", "UPDATE payment SET state = 'unverified'", "unverified"),
    ("numbers_have_no_gap", "request", "DELETE FROM application WHERE number LIKE '%000001'", "has a gap"),
    ("numbers_have_no_gap", "payment", "DELETE FROM receipt WHERE running = 1", "has a gap"),
    ("numbers_have_no_gap", "issuance", "DELETE FROM number WHERE running = 1", "has a gap"),
    ("the_timeline_is_the_union_of_the_outboxes", "gateway", "DELETE FROM timeline", "is not on the timeline"),
    ("the_timeline_is_the_union_of_the_outboxes", "review", "DELETE FROM outbox", "nobody told it"),
    ("no_deadline_is_missed_silently", "delivery",
     "INSERT INTO due_work (kind, key, due_at, failed_at) VALUES ('email', 'x', now(), now())", "email x"),
    ("no_deadline_is_missed_silently", "delivery",
     "INSERT INTO due_work (kind, key, due_at) VALUES ('email', 'y', now() - interval '1 hour')", "email y"),
    ("no_deadline_is_missed_silently", "issuance", "UPDATE document SET state = 'issuing'", "nobody is making"),
    ("no_deadline_is_missed_silently", "payment",
     "UPDATE invoice SET state = 'open', due_at = 'infinity'; DELETE FROM due_work", "nobody asks the bank"),
]  # fmt: skip
"""Invariant, service, statements that violate it, words of what it says."""


@pytest.fixture(scope="module")
async def ended(stage):
    """Two journeys that have ended, one of which was paid twice."""
    walks = [Walk("twice"), Walk("plain")]
    async with playing(stage) as play:
        for each in walks:
            await walk(stage, play.citizen, each, 0)
    await invariants.hold(stage, *(str(each.journey) for each in walks))
    return [str(each.journey) for each in walks]


@pytest.mark.parametrize(("name", "service", "statements", "words"), PLANTS)
async def test_a_violation_is_found(stage, ended, name, service, statements, words):
    async with planted(stage, service, *statements.split("; ")):
        found = await getattr(invariants, name)(stage, ended)
    assert any(words in each for each in found), found
    assert await getattr(invariants, name)(stage, ended) == []


async def test_a_letter_that_nobody_explains_is_found(stage, ended):
    async with bus.stream_of(stage) as jetstream:
        body = f'{{"id": "{uuid4()}"}}'.encode()
        stored = await jetstream.publish("deadletters.review", body, headers={"Paet-Reason": "planted"})
        found = await invariants.no_dead_letter_is_unexplained(stage, ended)
        await jetstream.delete_msg(stored.stream, stored.seq)
    assert len(found) == 1
    assert "died of planted" in found[0]


async def test_what_stands_on_the_bus_is_found(stage, ended, monkeypatch):
    assert await invariants.nothing_personal_is_on_the_bus(stage, ended) == []
    monkeypatch.setattr(invariants, "MARK", DEFINITION)
    assert await invariants.nothing_personal_is_on_the_bus(stage, ended) != []


def test_every_invariant_is_shown_a_violation():
    shown = {name for name, *_ in PLANTS} | {"no_dead_letter_is_unexplained", "nothing_personal_is_on_the_bus"}
    assert shown == {each.__name__ for each in invariants.INVARIANTS}
