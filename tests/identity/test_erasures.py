"""Erasures: asked for once, for one's own data only; what each service answers is shown as it comes."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from kit.clock import clock
from kit.cloudevents import compose
from kit.contracts.events import (
    ERASURE_ANSWERS,
    DeliveryErasureAnswered,
    ErasureRequested,
    IssuanceErasureAnswered,
    PaymentErasureAnswered,
)
from kit.contracts.retention import Kept, Reason, RecordClass
from kit.database import OUTBOX
from services.identity.models import ErasureAnswer
from services.identity.queries import count_late_erasures
from tests.identity.conftest import SOMCHAI, SOMYING

GONE = Kept(record_class=RecordClass.CONTACT, erased=2, kept=0, reason=None, until=None)
LAW = Kept(record_class=RecordClass.TAX, erased=0, kept=1, reason=Reason.KEPT_BY_LAW, until=date(2033, 11, 29))


async def ask(identity, person, key="a-key-of-mine"):
    return await identity.client.post("/erasures", headers=person.headers | {"Idempotency-Key": key})


@pytest.fixture
async def somchai(browser):
    return await browser().sign_in(SOMCHAI)


@pytest.mark.req("Y4", part="a person asks once, sees until when it is answered, and the bus has an id and no person")
async def test_a_person_asks_once_and_sees_until_when_it_is_answered(identity, somchai):
    now = clock.now()
    first = await ask(identity, somchai)
    assert first.status_code == 201
    assert (await ask(identity, somchai)).json() == first.json()
    shown = first.json()
    asked_at = datetime.fromisoformat(shown["requested_at"])
    assert now <= asked_at <= clock.now()
    assert datetime.fromisoformat(shown["answer_by"]) - asked_at == timedelta(days=30)
    assert not shown["is_answered"]
    assert shown["not_asked"] == ["request", "review", "approval", "gateway", "identity"]
    waiting = {"answered_at": None, "records": []}
    assert shown["services"] == [{"service": each} | waiting for each in ("payment", "issuance", "delivery")]
    facts = [each for each in await identity.facts(ErasureRequested) if each.data.erasure == UUID(shown["id"])]
    assert len(facts) == 1
    told = str(await identity.rows(select(OUTBOX).where(OUTBOX.c.id == facts[0].id)))
    assert somchai.claims["sub"] not in told
    assert SOMCHAI not in told


@pytest.mark.req("Y4", part="one at a time, and one that is not answered in time is told to the operator")
async def test_whoever_asks_again_is_given_what_still_waits_and_what_waits_too_long_is_counted(identity, somchai):
    first = (await ask(identity, somchai)).json()
    with clock.freeze(clock.now()) as advance:
        assert (await ask(identity, somchai, "another-key")).json() == first
        assert await late(identity) == 0
        advance(timedelta(days=30, seconds=1))
        assert await late(identity) == 1
        answers = [compose(each(erasure=UUID(first["id"]), records=())) for each in ERASURE_ANSWERS]
        await identity.deliver(*answers)
        assert await late(identity) == 0
    assert (await ask(identity, somchai, "another-key")).json()["id"] != first["id"]


async def late(identity):
    async with identity.kit.database.reading() as session:
        return await count_late_erasures(session)


@pytest.mark.req("Y4", part="each service's answer is shown as it comes in, once though told twice")
async def test_each_answer_is_shown_as_it_comes_in(identity, somchai):
    erasure = UUID((await ask(identity, somchai)).json()["id"])
    path = f"/erasures/{erasure}"
    await identity.deliver(compose(DeliveryErasureAnswered(erasure=erasure, records=(GONE,))))
    shown = (await identity.client.get(path, headers=somchai.headers)).json()
    delivery = shown["services"][2]
    assert delivery["records"] == [GONE.model_dump(mode="json")]
    assert not shown["is_answered"]
    later = compose(DeliveryErasureAnswered(erasure=erasure, records=()))
    others = [
        compose(each(erasure=erasure, records=(LAW,))) for each in (PaymentErasureAnswered, IssuanceErasureAnswered)
    ]
    await identity.deliver(later, *others)
    shown = (await identity.client.get(path, headers=somchai.headers)).json()
    assert shown["is_answered"]
    assert shown["services"][2] == delivery, "the first answer counts"
    assert shown["services"][0]["records"][0]["until"] == "2033-11-29"
    assert (await identity.client.get("/erasures", headers=somchai.headers)).json() == [shown]
    assert len(await identity.rows(select(ErasureAnswer))) == 3


@pytest.mark.req("Y4", part="nobody sees another's erasure, and a session that has ended asks for none")
async def test_an_erasure_is_ones_own(identity, somchai, browser):
    mine = (await ask(identity, somchai)).json()["id"]
    stranger = await browser().sign_in(SOMYING)
    for language, title in (("th", "ไม่พบคำขอลบข้อมูลนี้"), ("en", "There is no such request for erasure")):
        seen = await identity.client.get(f"/erasures/{mine}", headers=stranger.headers | {"Accept-Language": language})
        assert (seen.status_code, seen.json()["title"]) == (404, title)
    assert (await identity.client.get("/erasures", headers=stranger.headers)).json() == []
    await identity.client.post("/sign-out", headers=somchai.headers)
    assert (await ask(identity, somchai, "another-key")).json()["type"].endswith("session-ended")


@pytest.mark.req("Y4", part="only who answers an erasure learns whom it is for")
async def test_whom_an_erasure_is_for_is_told_to_who_answers_it(identity, somchai):
    erasure = (await ask(identity, somchai)).json()["id"]
    body = {"ids": [erasure, str(uuid4())]}
    claim = await identity.client.post("/internal/claims/erasures", json=body, headers=identity.as_service("delivery"))
    assert {key: value["person"] for key, value in claim.json()["items"].items()} == {erasure: somchai.claims["sub"]}
    refused = await identity.client.post("/internal/claims/erasures", json=body, headers=identity.as_service("review"))
    assert refused.status_code == 403


async def test_the_clock_of_an_erasure_may_be_shorter(identity, somchai, monkeypatch):
    monkeypatch.setattr(identity.kit.settings, "erasure_days", 7)
    with clock.freeze(datetime.now(UTC)):
        shown = (await ask(identity, somchai, "another-key")).json()
    assert datetime.fromisoformat(shown["answer_by"]) - datetime.fromisoformat(shown["requested_at"]) == timedelta(
        days=7
    )
