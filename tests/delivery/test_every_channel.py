"""One notice by every channel there is, each tried until somebody proves to have it."""

from uuid import uuid4

import pytest
from sqlmodel import select

from kit.contracts.claims import PersonClaim
from kit.contracts.events import Delivered, Granted, Issued
from services.delivery.models import Dispatch, Notice
from tests.delivery.conftest import ADDRESSES
from tests.delivery.test_channels import ALL, report, settled

OUTSIDE = ("line", "sms", "email", "post")


@pytest.mark.req("D1")
@pytest.mark.req("D3", part="each channel bounces, and the next one is tried, in the recipient's language")
async def test_a_notice_goes_from_channel_to_channel_until_it_is_handed_to_whoever_shows_a_card(
    delivery, known, outlets
):
    for channel in OUTSIDE:
        outlets.misbehave(channel, "bounce")
    delivery.climb(ALL)
    person = uuid4()
    event = known(delivery.handover(Granted, at="approval"), person=person, language="en", **ADDRESSES)
    name = PersonClaim(person=person, name_th="สมชาย ใจดี", name_en=None, pid_masked="1-x")
    delivery.peers.know("identity", "persons", person, name)
    await delivery.deliver(event)
    for channel in OUTSIDE:
        await settled(delivery, channel, "sent")
        assert (await report(delivery, outlets, channel)).status_code == 200
    await settled(delivery, "pickup", "sent")

    mine = delivery.citizen(person)
    (notice,) = (await delivery.client.get("/inbox", headers=mine)).json()["notices"]
    code = (await delivery.client.get(f"/inbox/{notice['id']}/pickup", headers=mine)).json()["code"]
    handed = {"code": code, "identity": "id-card"}
    answer = await delivery.client.post("/pickups/collection", json=handed, headers=delivery.officer("counter"))
    assert answer.status_code == 200, answer.text

    rows = await delivery.rows(select(Dispatch).order_by(Dispatch.rung))
    assert [row["channel"] for row in rows] == [*OUTSIDE, "pickup"]
    assert {(row["state"], row["reason"]) for row in rows[:-1]} == {("failed", "bounced")}
    assert (rows[-1]["state"], rows[-1]["proof"]) == ("proved", "identity-check")
    assert {row["language"] for row in rows} == {"en"}
    assert rows[3]["provider_id"].startswith("RB"), "the number by which the post follows it"
    assert [len(outlets[channel].sent) for channel in ("line", "sms", "post")] == [1, 1, 1]
    assert len(list(outlets.mailbox.mails())) == 1
    assert [fact.data.channel for fact in await delivery.facts(Delivered)].count("pickup") == 1
    await _the_document_is_offered_to_the_wallet_too(delivery, known)


async def _the_document_is_offered_to_the_wallet_too(delivery, known):
    delivery.climb([["pickup", None]], channels=["inbox", "wallet"])
    event = known(delivery.handover(Issued, at="issuance"), person=uuid4(), email=None)
    await delivery.deliver(event)
    rows = await delivery.rows(select(Notice).where(Notice.journey_id == event.journey).order_by(Notice.id))
    assert [row["kind"] for row in rows] == ["issued", "wallet"]
    assert rows[1]["link"] == f"/v1/journeys/{event.journey}/credential-offers"
