"""From the hand-over to the register: every event twice, withdrawals before and after, crashes between the phases."""

import asyncio
import hashlib
import json
from uuid import uuid4

import pytest
from sqlalchemy import text

from kit.clients import PeerRefused, PeerUnavailable
from kit.contracts.events import Issued, Paid, Voided
from kit.documents import TemplateError
from kit.storage import Files
from services.issuance import commands, duework
from services.issuance.duework import composing, issuing
from tests.issuance.conftest import FORM, NAME, PID, certificate, licence

SMILE = {"shop_name": "ร้าน \U0001f600", "area": 1}


async def failed_attempts(registry):
    return await registry.harness.rows(text("SELECT error FROM due_work WHERE attempts > 0"))


@pytest.mark.req("L3", part="OID and UUID, one number for every event twice")
async def test_a_hand_over_is_issued_once(registry):
    event, row = await registry.issued()
    (fact,) = await registry.harness.facts(Issued)
    assert (fact.journey, fact.step, fact.next) == (event.journey, "issuance", "delivery")
    (number,) = await registry.numbers()
    assert (number["running"], number["state"], number["document_id"]) == (1, "issued", row["id"])
    assert hashlib.sha256(await registry.pdf(row)).hexdigest() == row["sha256"]
    assert (row["issued_on"].year + 543, row["year"]) == (row["year"], row["year"])
    seals = [call for call in registry.peers.calls if call[2] == "/internal/seals"]
    assert seals == [("request", "POST", "/internal/seals", {"ids": [str(event.journey)]})]


async def test_a_second_hand_over_of_the_same_step_issues_nothing_more(registry):
    event, row = await registry.issued()
    again = registry.harness.handover(Paid, at="licence-fee", journey=event.journey)
    await registry.harness.deliver(again)
    await registry.harness.until(lambda: no_work(registry))
    assert (await registry.document(event))["sha256"] == row["sha256"]
    assert len(await registry.numbers()) == 1


async def test_a_plan_without_approval_or_fee_rests_on_the_reviewers_act(registry):
    registry.harness.publish(certificate())
    event, row = await registry.issued()
    assert row["state"] == "issued"
    assert ("request", "POST", "/internal/seals", {"ids": [str(event.journey)]}) in registry.peers.calls


async def test_the_row_and_the_events_hold_nothing_personal(registry):
    person = uuid4()
    _, row = await registry.issued(person=person)
    kept = json.dumps(row, ensure_ascii=False, default=str)
    told = "".join(event.to_json().decode() for event in await registry.harness.facts())
    for secret in (NAME, PID, "somjai@example.com", FORM["place_address"]):
        assert secret not in kept
        assert secret not in told
    assert str(person) in kept
    assert str(person) not in told


# Withdrawal ------------------------------------------------------------------------------------------------------


async def test_a_withdrawal_delivered_before_its_hand_over_opens_nothing(registry):
    event = registry.arrive()
    await registry.harness.deliver(registry.withdrawal(event))
    await registry.harness.deliver(event)
    assert not await registry.harness.rows(text("SELECT 1 FROM document"))
    assert not await registry.numbers()


async def test_a_withdrawal_stops_a_document_that_is_not_sealed_yet(registry):
    event = registry.arrive(sealable=False)
    registry.seals[event.journey] = PeerUnavailable()
    await registry.harness.deliver(event)
    await registry.harness.until(lambda: failed_attempts(registry))
    await registry.harness.deliver(registry.withdrawal(event))
    registry.seals[event.journey] = "sealed"
    assert (await registry.document(event))["state"] == "stopped"
    await registry.harness.until(lambda: no_work(registry))
    assert (await registry.document(event))["state"] == "stopped"
    assert not await registry.numbers()
    assert not await registry.harness.facts()


async def no_work(registry):
    return not await registry.harness.rows(text("SELECT 1 FROM due_work WHERE due_at <= now()"))


async def test_where_request_refuses_the_seal_nothing_is_issued_and_no_number_given(registry):
    event = registry.arrive(sealable=False)
    registry.seals[event.journey] = "withdrawn"
    await registry.harness.deliver(event)
    (row,) = await registry.settled(event, state="stopped")
    assert (row["reason"], row["running"]) == ("withdrawn", None)
    assert not await registry.numbers()
    assert not await registry.harness.facts()
    await registry.harness.until(lambda: no_work(registry))


async def test_an_end_that_comes_after_the_point_of_no_return_changes_nothing(registry, monkeypatch):
    gate = asyncio.Event()
    composed = composing.sealed

    async def slowly(*given):
        await gate.wait()
        return await composed(*given)

    monkeypatch.setattr(composing, "sealed", slowly)
    event = registry.arrive()
    await registry.harness.deliver(event)
    await registry.settled(event, state="issuing")
    await registry.harness.deliver(registry.withdrawal(event))
    gate.set()
    await registry.settled(event)
    await registry.harness.deliver(registry.withdrawal(event))
    assert (await registry.document(event))["state"] == "issued"
    assert len(await registry.harness.facts(Issued)) == 1


# Crashes ---------------------------------------------------------------------------------------------------------


def dies_once(monkeypatch, owner, name, *, before):
    """Let the process "die" once, before or after that function did its work."""
    whole, deaths = getattr(owner, name), []

    async def dying(*given, **named):
        if before and not deaths:
            deaths.append(name)
            raise ConnectionError("the process died here")
        done = await whole(*given, **named)
        if not deaths:
            deaths.append(name)
            raise ConnectionError("the process died here")
        return done

    monkeypatch.setattr(owner, name, dying)
    return deaths


@pytest.mark.req("L3", part="crashes between any two phases")
@pytest.mark.parametrize(
    ("owner", "name", "before"),
    [
        (issuing, "_past_the_point_of_no_return", True),
        (issuing, "_past_the_point_of_no_return", False),
        (commands, "give_numbers", True),
        (commands, "give_numbers", False),  # inside transaction 1
        (issuing, "_make", True),  # after transaction 1
        (composing, "sealed", True),
        (composing, "sealed", False),
        (Files, "put", False),  # stored, not registered
        (commands, "register", True),
        (commands, "register", False),  # inside transaction 2
        (issuing, "_make", False),  # after transaction 2
    ],
)
async def test_a_crash_between_two_phases_ends_in_one_document_and_one_number(
    registry, monkeypatch, owner, name, before
):
    deaths = dies_once(monkeypatch, owner, name, before=before)
    event = registry.arrive()
    await registry.harness.deliver(event)
    (row,) = await registry.settled(event)
    await registry.harness.until(lambda: no_work(registry))
    assert deaths == [name]
    (number,) = await registry.numbers()
    assert (number["running"], number["state"], number["reason"]) == (1, "issued", None)
    assert len(await registry.harness.facts(Issued)) == 1
    assert not await registry.harness.facts(Voided)
    assert hashlib.sha256(await registry.pdf(row)).hexdigest() == row["sha256"]


async def test_two_processes_at_the_same_document_issue_it_once(registry, monkeypatch):
    event = registry.arrive(sealable=False)
    registry.seals[event.journey] = PeerUnavailable()
    await registry.harness.deliver(event)
    row = await registry.document(event)
    registry.seals[event.journey] = "sealed"
    await asyncio.gather(*(duework.issue(registry.kit, f"{row['id']}:1", {}) for _ in range(3)))
    (row,) = await registry.settled(event)
    assert len(await registry.numbers()) == 1
    assert len(await registry.harness.facts(Issued)) == 1
    assert hashlib.sha256(await registry.pdf(row)).hexdigest() == row["sha256"]


async def test_peers_that_are_away_or_do_not_know_yet_are_asked_again(registry):
    event = registry.arrive()
    known = registry.peers.claims.pop(("approval", "decisions"))
    await registry.harness.deliver(event)
    await registry.harness.until(lambda: failed_attempts(registry))
    assert not await registry.numbers()
    registry.peers.claims["approval", "decisions"] = known
    await registry.settled(event)


# Numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("L3", part="concurrency")
async def test_twenty_documents_at_once_are_numbered_one_to_twenty(registry):
    events = [registry.arrive() for _ in range(20)]
    await registry.harness.deliver(*events)
    rows = await registry.settled(*events)
    assert sorted(row["running"] for row in rows) == list(range(1, 21))
    assert len({row["token"] for row in rows}) == 20
    assert len({row["stored_as"] for row in rows}) == 20
    assert [number["state"] for number in await registry.numbers()] == ["issued"] * 20
    assert len(await registry.harness.facts(Issued)) == 20


@pytest.mark.req("L3")
async def test_the_series_has_no_gap_over_failures_crashes_and_other_series(registry, monkeypatch):
    """Every third document cannot be made, every fourth composition dies on the way."""
    composed, count = composing.sealed, iter(range(10_000))

    async def dying(*given):
        if next(count) % 4 == 3:
            raise ConnectionError("the process died here")
        return await composed(*given)

    monkeypatch.setattr(composing, "sealed", dying)
    events = [registry.arrive(form=SMILE if each % 3 == 0 else None) for each in range(12)]
    registry.harness.publish(licence(identifier="test-licence", version=2))
    events += [registry.arrive() for _ in range(4)]
    await registry.harness.deliver(*events)
    await registry.settled(*events[:12:3], state="failed")
    await registry.settled(*(event for each, event in enumerate(events) if each % 3 or each >= 12))
    numbers = await registry.numbers()
    assert [number["running"] for number in numbers] == list(range(1, 17))
    assert sorted(number["state"] for number in numbers) == ["issued"] * 12 + ["void"] * 4
    assert {number["reason"] for number in numbers} == {None, "unprintable-character"}
    assert len(await registry.harness.facts(Voided)) == 4


async def test_documents_that_are_due_together_are_asked_about_together(registry):
    events = [registry.arrive() for _ in range(8)]
    await registry.harness.deliver(*events)
    await registry.settled(*events)
    seals = [call[3]["ids"] for call in registry.peers.calls if call[2] == "/internal/seals"]
    assert sorted(each for ids in seals for each in ids) == sorted(str(event.journey) for event in events)
    assert len(seals) < len(events)


async def test_each_agency_and_series_counts_for_itself(registry):
    first = registry.arrive()
    registry.harness.publish(licence(identifier="test-licence", version=3, agency="12007000"))
    second = registry.arrive()
    await registry.harness.deliver(first, second)
    rows = await registry.settled(first, second)
    assert [(row["agency"], row["running"]) for row in rows] == [("22000000", 1), ("12007000", 1)]


# Failure for good ------------------------------------------------------------------------------------------------


async def test_what_cannot_be_made_leaves_a_void_number_with_its_reason(registry):
    event = registry.arrive(form=SMILE)
    await registry.harness.deliver(event)
    (row,) = await registry.settled(event, state="failed")
    (number,) = await registry.numbers()
    assert (number["state"], number["reason"]) == ("void", "unprintable-character")
    (fact,) = await registry.harness.facts(Voided)
    assert (fact.data.document, fact.data.reason, fact.next) == (row["id"], "unprintable-character", "none")
    assert "\U0001f600" in row["fault"]
    assert not await registry.harness.facts(Issued)
    await registry.harness.until(lambda: no_work(registry))


async def test_a_refused_claim_or_a_missing_seal_costs_no_number(registry, monkeypatch):
    event = registry.arrive(sealable=False)  # the double answers 404: this journey is unknown to request
    await registry.harness.deliver(event)
    (row,) = await registry.settled(event, state="failed")
    assert row["reason"] == "refused-by-peer"
    assert not await registry.numbers()
    assert not await registry.harness.facts()


async def test_what_was_refused_is_not_issued(registry):
    event = registry.arrive()
    claims = registry.peers.claims["approval", "decisions"]
    claims[str(event.journey)] = claims[str(event.journey)] | {"result": "refused"}
    await registry.harness.deliver(event)
    (row,) = await registry.settled(event, state="failed")
    assert row["reason"] == "not-granted"
    assert not await registry.numbers()


async def test_a_failed_document_gets_a_new_number_when_it_is_tried_again(registry, monkeypatch):
    composed, broken = composing.sealed, [True]

    async def at_first_broken(*given):
        if broken:
            raise TemplateError("unknown variable: x")
        return await composed(*given)

    monkeypatch.setattr(composing, "sealed", at_first_broken)
    event = registry.arrive()
    await registry.harness.deliver(event)
    (row,) = await registry.settled(event, state="failed")
    broken.clear()
    administrator = registry.harness.officer("administrator")
    answer = await registry.client.post(f"/documents/{row['id']}/retry", headers=administrator)
    assert answer.status_code == 202, answer.text
    (row,) = await registry.settled(event)
    assert (row["running"], row["attempt"], row["reason"]) == (2, 2, None)
    assert [number["state"] for number in await registry.numbers()] == ["void", "issued"]
    assert len(await registry.harness.facts(Issued)) == 1


async def test_a_peer_that_does_not_take_the_call_now_fails_no_document(registry):
    event = registry.arrive()
    registry.seals[event.journey] = PeerRefused("request", 401, {})
    await registry.harness.deliver(event)
    await registry.harness.until(lambda: failed_attempts(registry))
    assert (await registry.document(event))["state"] == "requested"
    registry.seals[event.journey] = "sealed"
    await registry.settled(event, state="issued")
