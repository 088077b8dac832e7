"""Every channel against a double that speaks its protocol over a real socket and fails in every way."""

import json
from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlmodel import select

from kit.clock import clock
from kit.contracts.claims import PersonClaim
from kit.contracts.events import Delivered, DeliveryFailed, Dispatched, Granted, Issued
from kit.testing import open_harness
from services.delivery import queries
from services.delivery.channels import Channels
from services.delivery.channels.email import _reports
from services.delivery.domain import MalformedReport
from services.delivery.main import here
from services.delivery.models import Dispatch, DispatchEvent, Notice
from services.delivery.settings import Settings
from tests.delivery.conftest import ADDRESSES, AWAKE, climbing, doubles

ALL = [["line", "PT1H"], ["sms", "PT4H"], ["email", "P1D"], ["post", "P14D"], ["pickup", None]]

OURS = ["refuse-sender", "no-relay", "sign-in", "refuse-content"]


RUBBISH = (
    b"", b"[]", b'{"events": 5}', b"{", b'{"events": [{"type": "unfollow"}]}', b"[" * 100_000, b"\xff",
    b'{"event_id": "\\ud800", "message_id": "x", "tracking_number": "x", "reference": "x", "status": "x", "at": "x"}',
    b'{"events": [{"type": "unfollow", "source": {"userId": "\\ud800"}, "webhookEventId": "x", "timestamp": 1e400}]}',
)  # fmt: skip


@pytest.fixture(scope="module")
async def standing(servers, tmp_path_factory):
    """One service and its doubles for all that is here."""
    folder = tmp_path_factory.mktemp("channels")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAET_ENVIRONMENT", "development")
        with doubles(folder / "mail") as (outlets, smtp_port):
            settings = {"smtp_port": smtp_port, "smtp_tls": False} | outlets.settings | AWAKE
            async with open_harness("delivery", servers, folder, **settings) as harness:
                harness.climb = partial(climbing, harness)
                yield harness, outlets


@pytest.fixture
def outlets(standing):
    return standing[1]


@pytest.fixture
async def delivery(standing):
    """With nothing told and nothing wrong yet."""
    harness, outlets = standing
    outlets.mailbox.clear()
    for outlet in outlets.values():
        outlet.sent.clear()
        outlet.calls.clear()
        outlet.faults.clear()
    async with harness.kit.database.engine.begin() as connection:
        for table in ("due_work", "dispatch_event", "dispatch", "notice", "delivery", "outbox"):
            await connection.execute(text(f"DELETE FROM {table}"))
    return harness


async def settled(delivery, channel, *states, meanwhile=lambda: None):
    """Wait until a dispatch of the channel is in one of the states; its row."""

    async def found():
        meanwhile()
        rows = await delivery.rows(select(Dispatch).where(Dispatch.channel == channel))
        return next((row for row in rows if row["state"] in states), None)

    return await delivery.until(found)


async def told(delivery, ladder, known, **addresses):
    """A journey is granted, and the notice climbs this ladder."""
    delivery.climb(ladder)
    event = known(delivery.handover(Granted, at="approval"), person=uuid4(), **addresses)
    await delivery.deliver(event)
    return event


async def report(delivery, outlets, channel, place=-1):
    """Hand a report of the double to the service."""
    call = outlets[channel].calls[place]
    return await delivery.client.post(f"/delivery-reports/{channel}", content=call.body, headers=dict(call.headers))


@pytest.mark.req("D1", part="LINE, SMS and post over their protocols")
@pytest.mark.parametrize(("channel", "number"), [("line", None), ("sms", "M"), ("post", "RB")])
async def test_a_provider_is_given_a_link_and_nothing_personal(delivery, known, outlets, channel, number):
    await told(delivery, [[channel, None]], known, **ADDRESSES)
    row = await settled(delivery, channel, "sent")
    (sent,) = outlets[channel].sent
    (notice,) = await delivery.rows(select(Notice))
    said = json.dumps(dict(sent.content), ensure_ascii=False)
    assert f"/v1/inbox/{notice['id']}" in said
    for personal in ("ร้านลับ", "22000000-FOOD-69-000001", "Licence", "ใบอนุญาต"):
        assert personal not in said
    assert row["message_id"] == sent.key
    assert row["provider_id"] is not None
    assert number is None or row["provider_id"].startswith(number)
    assert row["address_hash"] is not None
    kept = json.dumps([*await delivery.rows(select(Dispatch)), *await delivery.rows(select(Notice))], default=str)
    assert not any(address in kept for address in ADDRESSES.values())
    assert len(await delivery.facts(Dispatched)) == 1


@pytest.mark.req("D6", part="a repeat has the same key")
@pytest.mark.parametrize("channel", ["line", "sms", "post"])
async def test_after_a_lost_answer_the_same_key_comes_again_and_is_not_sent_again(delivery, known, outlets, channel):
    for mode in ("drop-connection", "outage", "lose-answer", "rate-limit"):
        outlets.misbehave(channel, mode, times=1, seconds=1)
    with clock.freeze(clock.now()) as advance:
        await told(delivery, [[channel, None]], known, **ADDRESSES)
        row = await settled(delivery, channel, "sent", meanwhile=lambda: advance(timedelta(seconds=10)))
    assert len(outlets[channel].sent) == 1
    assert row["attempts"] == 5


@pytest.mark.req("D3", part="the next rung when a channel refuses")
async def test_a_channel_that_refuses_leads_to_the_next_one(delivery, known, outlets):
    for channel in ("line", "sms"):
        outlets.misbehave(channel, "refuse")
    await told(delivery, ALL, known, **ADDRESSES)
    await settled(delivery, "email", "sent")
    rows = await delivery.rows(select(Dispatch).order_by(Dispatch.rung))
    assert [(row["channel"], row["state"], row["reason"], row["decision"]) for row in rows] == [
        ("line", "failed", "refused", "next"), ("sms", "failed", "refused", "next"), ("email", "sent", None, None),
    ]  # fmt: skip
    assert [fact.data.channel for fact in await delivery.facts(DeliveryFailed)] == ["line", "sms"]


@pytest.mark.req("D3", part="what a mail server has against us is no refusal of the addressee")
@pytest.mark.parametrize("mode", OURS)
async def test_what_a_mail_server_has_against_us_leads_nowhere(delivery, known, outlets, mode):
    outlets.misbehave("email", mode)
    await told(delivery, [["email", "P7D"], ["pickup", None]], known, **ADDRESSES)

    async def troubled():
        return await delivery.rows(select(Dispatch).where(Dispatch.reply.is_not(None)))

    (row,) = await delivery.until(troubled)
    assert (row["channel"], row["state"], "@" in row["reply"]) == ("email", "sending", False)
    outlets["email"].faults.clear()
    row = await settled(delivery, "email", "sent")
    assert row["reply"] == "250 2.0.0"


@pytest.mark.parametrize(("mode", "said"), [("refuse", "550 5.1.1"), ("full", "552 5.2.2")])
async def test_a_mailbox_that_refuses_leads_on_and_its_address_is_not_kept(delivery, known, outlets, mode, said):
    outlets.misbehave("email", mode)
    await told(delivery, [["email", "P7D"], ["pickup", None]], known, **ADDRESSES)
    await settled(delivery, "pickup", "sent")
    row = await settled(delivery, "email", "failed")
    assert (row["reason"], row["reply"]) == ("refused", said)


@pytest.mark.req("D3", part="who has no address there, or a channel not in use, is told by the next")
async def test_a_rung_without_address_is_passed_by(delivery, known, outlets):
    await told(delivery, ALL, known, email="somchai@example.org")
    await settled(delivery, "email", "sent")
    rows = await delivery.rows(select(Dispatch).order_by(Dispatch.rung))
    assert [(row["state"], row["reason"]) for row in rows[:2]] == [("skipped", "no-address")] * 2
    assert not await delivery.facts(DeliveryFailed)


@pytest.mark.req("D3", part="proof of receipt ends the climb")
async def test_a_delivery_report_proves_receipt_and_ends_the_climb(delivery, known, outlets):
    outlets.misbehave("sms", "twice")
    await told(delivery, [["sms", "PT4H"], ["post", None]], known, **ADDRESSES)
    await settled(delivery, "sms", "sent")
    for place in (0, 2, 3, 2):
        assert (await report(delivery, outlets, "sms", place)).json() == {"reports": 1}

    async def ended():
        return await delivery.rows(select(Dispatch).where(Dispatch.decision == "proved"))

    (row,) = await delivery.until(ended)
    assert (row["state"], row["proof"]) == ("proved", "delivery-report")
    assert row["accepted_at"] <= row["proved_at"]
    assert [fact.data.channel for fact in await delivery.facts(Delivered)] == ["sms"]
    events = await delivery.rows(select(DispatchEvent.kind).order_by(DispatchEvent.id))
    assert [row["kind"] for row in events] == ["taken", "accepted", "proved", "decided"]
    assert not outlets["post"].sent


@pytest.mark.req("D3", part="bounces of mail, SMS, LINE and post")
@pytest.mark.parametrize("channel", ["line", "sms", "email", "post"])
async def test_what_comes_back_leads_to_the_next_channel(delivery, known, outlets, channel):
    outlets.misbehave(channel, "bounce")
    await told(delivery, [[channel, "P7D"], ["pickup", None]], known, **ADDRESSES)
    await settled(delivery, channel, "sent")
    assert (await report(delivery, outlets, channel)).status_code == 200
    await settled(delivery, "pickup", "sent")
    row = await settled(delivery, channel, "failed")
    assert (row["reason"], row["decision"]) == ("bounced", "next")


async def test_a_report_that_is_not_the_providers_is_refused(delivery, known, outlets):
    for channel in ("line", "sms", "post", "email"):
        outlets.misbehave(channel, "bounce")
    for channel in ("line", "sms", "post", "email"):
        await told(delivery, [[channel, "P7D"]], known, **ADDRESSES)
        await settled(delivery, channel, "sent")
        call = outlets[channel].calls[-1]
        path = f"/delivery-reports/{channel}"
        for headers in ({}, {"X-Signature": "sha256=00", "X-Line-Signature": "00"}):
            assert (await delivery.client.post(path, content=call.body, headers=headers)).status_code == 401
        forged = call.body + b" "
        assert (await delivery.client.post(path, content=forged, headers=dict(call.headers))).status_code == 401
        for rubbish in RUBBISH:
            outlets[channel].tell_raw(rubbish)
            assert (await report(delivery, outlets, channel)).status_code in (200, 400)
    assert (await delivery.client.post("/delivery-reports/pigeon", content=b"")).status_code == 404
    assert not await delivery.facts(DeliveryFailed)


@pytest.mark.req("D1", part="pick-up with identity check")
@pytest.mark.req("D3", part="evidence of the identity check")
async def test_who_shows_the_code_and_an_identity_card_is_handed_it(delivery, known):
    delivery.climb([["pickup", None]])
    person = uuid4()
    event = known(delivery.handover(Issued, at="issuance"), person=person, email=None)
    delivery.peers.know(
        "identity", "persons", person, PersonClaim(person=person, name_th="สมชาย ใจดี", name_en=None, pid_masked="1-x")
    )
    await delivery.deliver(event)
    await settled(delivery, "pickup", "sent")
    owner, officer = delivery.citizen(person), delivery.officer("counter")
    (notice,) = (await delivery.client.get("/inbox", headers=owner)).json()["notices"]
    answer = await delivery.client.get(f"/inbox/{notice['id']}/pickup", headers=owner)
    shown = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    picture = await delivery.client.get(f"/inbox/{notice['id']}/pickup.svg", headers=owner)
    assert picture.headers["content-type"] == "image/svg+xml"
    code = {"code": shown["code"].lower().replace("-", " ")}
    found = (await delivery.client.post("/pickups/lookup", json=code, headers=officer)).json()
    assert (found["name"], found["collected_at"], found["kind"]) == ("สมชาย ใจดี", None, "issued")
    body = code | {"identity": "id-card"}
    for headers in (delivery.officer("counter", agency="12007000"), delivery.officer("reviewer"), owner):
        answer = await delivery.client.post("/pickups/collection", json=body, headers=headers)
        assert answer.status_code in (403, 404)
    first = (await delivery.client.post("/pickups/collection", json=body, headers=officer)).json()
    second = (await delivery.client.post("/pickups/collection", json=body, headers=delivery.officer("counter"))).json()
    assert first["collected_at"] == second["collected_at"] is not None
    wrong = {"code": "AAAA-AAAA-AAAA-AAAA", "identity": "id-card"}
    assert (await delivery.client.post("/pickups/collection", json=wrong, headers=officer)).status_code == 404
    (row,) = await delivery.rows(select(Dispatch))
    (event,) = await delivery.rows(select(DispatchEvent).where(DispatchEvent.kind == "proved"))
    assert (row["state"], row["proof"], event["code"]) == ("proved", "identity-check", "id-card")
    assert event["actor"] is not None
    assert shown["code"] not in json.dumps(row, default=str)
    assert [fact.data.channel for fact in await delivery.facts(Delivered)].count("pickup") == 1


async def test_a_report_that_comes_while_the_ladder_is_climbed_is_not_overlooked(delivery, known, outlets):
    outlets.misbehave("sms", "bounce")
    await told(delivery, [["sms", "P7D"], ["pickup", None]], known, **ADDRESSES)
    await settled(delivery, "sms", "sent")
    async with delivery.kit.database.connection() as connection, connection.transaction():
        await connection.fetch("SELECT FROM due_work WHERE kind = 'climb' FOR UPDATE")
        assert (await report(delivery, outlets, "sms")).status_code == 200
        assert await delivery.rows(text("SELECT key FROM due_work WHERE kind = 'nudge'"))
        assert not await delivery.rows(text("SELECT id FROM dispatch WHERE channel = 'pickup'"))
    await settled(delivery, "pickup", "sent")


@pytest.mark.req("D3", part="recipient's language")
@pytest.mark.parametrize(("language", "words"), [("th", "มีหนังสือแจ้งถึงท่าน"), ("en", "A notice to you")])
async def test_the_recipients_language_is_spoken(delivery, known, outlets, language, words):
    await told(delivery, [["sms", None]], known, language=language, **ADDRESSES)
    row = await settled(delivery, "sms", "sent")
    (sent,) = outlets["sms"].sent
    assert sent.content["text"].startswith(words)
    assert row["language"] == language


@pytest.mark.req("O4", part="metrics for every channel")
async def test_what_waits_and_fails_is_counted_by_channel(delivery, known, outlets):
    outlets.misbehave("line", "outage")
    outlets.misbehave("sms", "refuse")
    await told(delivery, [["line", None]], known, **ADDRESSES)
    await told(delivery, [["sms", None]], known, **ADDRESSES)
    await settled(delivery, "sms", "failed")
    async with delivery.kit.database.reading() as session:
        assert await queries.count_waiting(session) == {"line": 1}
        assert await queries.count_failed(session) == {"sms": 1}
        assert set(await queries.count_troubled(session)) <= {"line"}


@pytest.mark.req("D3", part="a bounce is of its own mail")
@pytest.mark.parametrize(
    "mail_back",
    [
        b"", b"Subject: x\n\nhello", b"Content-Type: multipart/report; boundary=x\n\n--x\n\n--x--",
        b"Content-Type: text/rfc822-headers\n\nMessage-ID: <\xff\x00@paet>\n",
        b"Content-Type: message/rfc822\n\nMessage-ID: <01a20fff-fdd6-70e5-b02d-351500638064@paet>\n\n",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth) for depth in range(1400)),
    ],
    ids=range(6),
)  # fmt: skip
def test_what_anybody_can_write_to_the_address_of_bounces_does_no_harm(mail_back):
    with suppress(MalformedReport):
        assert list(_reports(mail_back)) == []


async def test_without_a_key_for_addresses_who_blocks_an_account_moves_nobody_elses_notice(
    delivery, known, outlets, monkeypatch
):
    monkeypatch.setattr(delivery.kit.resource(Settings), "evidence_key", None)
    outlets.misbehave("line", "bounce")
    await told(delivery, [["line", "P7D"]], known, **ADDRESSES)
    await settled(delivery, "line", "sent")
    assert (await report(delivery, outlets, "line")).status_code == 200
    assert not await delivery.facts(DeliveryFailed)


async def test_after_a_change_of_the_key_codes_in_hand_stay_good_and_who_blocks_is_known(
    delivery, known, outlets, monkeypatch
):
    outlets.misbehave("line", "bounce")
    event = await told(delivery, [["pickup", "P1D"], ["line", "P7D"]], known, **ADDRESSES)
    with clock.freeze(clock.now()) as advance:
        await settled(delivery, "pickup", "sent")
        await settled(delivery, "line", "sent", meanwhile=lambda: advance(timedelta(hours=2)))
    (notice,) = await delivery.rows(select(Notice).where(Notice.journey_id == event.journey))
    person = PersonClaim(person=notice["person_id"], name_th="สมชาย ใจดี", name_en=None, pid_masked="1-x")
    delivery.peers.know("identity", "persons", notice["person_id"], person)
    owner, path = delivery.citizen(notice["person_id"]), f"/inbox/{notice['id']}/pickup"
    before = (await delivery.client.get(path, headers=owner)).json()
    settings, channels = delivery.kit.resource(Settings), delivery.kit.resource(Channels)
    monkeypatch.setattr(settings, "evidence_key_before", settings.evidence_key)
    monkeypatch.setattr(settings, "evidence_key", SecretStr("n" * 43))
    monkeypatch.setitem(channels._by_name, "pickup", here(settings)[-1])
    assert channels.get("pickup").code_of(notice["id"]) != before["code"]
    assert (await delivery.client.get(path, headers=owner)).json() == before
    found = await delivery.client.post(
        "/pickups/lookup", json={"code": before["code"]}, headers=delivery.officer("counter")
    )
    assert found.status_code == 200
    assert (await report(delivery, outlets, "line")).status_code == 200
    await settled(delivery, "line", "failed")
    monkeypatch.setattr(settings, "evidence_key_before", None)
    monkeypatch.setitem(channels._by_name, "pickup", here(settings)[-1])
    assert (await delivery.client.get(path, headers=owner)).status_code == 404


async def test_who_has_no_inbox_to_show_a_code_is_not_awaited_at_the_counter(delivery, known):
    delivery.climb([["sms", "PT4H"], ["pickup", None]])
    unreachable = known(delivery.handover(Granted, at="approval"), email=None)
    await delivery.deliver(unreachable)
    assert await delivery.rows(text("SELECT key FROM due_work WHERE kind = 'climb'")) == []
    await delivery.deliver(known(delivery.handover(Granted, at="approval"), email="x@example.org"))
    row = await settled(delivery, "pickup", "skipped")
    assert row["reason"] == "no-address"


async def test_a_ladder_of_an_application_that_is_gone_ends(delivery, known, outlets):
    outlets.misbehave("line", "outage")
    await told(delivery, [["line", "PT1H"], ["email", None]], known, **ADDRESSES)

    async def tried():
        return await delivery.rows(select(Dispatch).where(Dispatch.attempts > 0))

    await delivery.until(tried)
    del delivery.peers.claims["request", "applications"]
    row = await settled(delivery, "email", "skipped")
    assert row["reason"] == "no-address"

    async def ended():
        return not await delivery.rows(text("SELECT key FROM due_work WHERE kind = 'climb'"))

    await delivery.until(ended)
    assert [row["state"] for row in await delivery.rows(select(Dispatch))] == ["skipped", "skipped"]
