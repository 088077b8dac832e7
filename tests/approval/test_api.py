"""Grant and refusal over HTTP: separation of duties, reasons, signatures, two approvers at once."""

import asyncio
import base64
import hashlib
import json
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from jose import jws
from sqlalchemy import select

from kit.contracts.events import Granted, Refused, Withdrawn
from kit.contracts.journey import Outcome
from services.approval.models import Decision, SigningKey
from tests.approval.conftest import FORM, FOUND, REASONS, RECEIVED, REVIEWER, reviewed, waiting
from tests.bundles import OTHER_AGENCY, automatic_bundle, licence_bundle

SOMSRI, SOMCHAI = uuid4(), uuid4()


async def post(approval, decision: UUID, act: str, officer: UUID = SOMSRI, json=None, **options):
    headers = approval.officer("approver", officer=officer, **options) | {"Accept-Language": "en"}
    return await approval.client.post(f"/decisions/{decision}/{act}", json=json, headers=headers)


async def get(approval, path: str, **options):
    return await approval.client.get(path, headers=approval.officer("approver", **options))


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def claim_of(approval, journey: UUID, caller: str = "delivery") -> dict:
    headers, body = approval.as_service(caller), {"ids": [str(journey)]}
    answer = await approval.client.post("/internal/claims/decisions", json=body, headers=headers)
    return answer.json()["items"].get(str(journey))


async def test_queue_shows_what_waits_in_the_agency_by_legal_deadline(approval):
    events = [reviewed(approval, accepted_at=RECEIVED + timedelta(days=n)) for n in (3, 1, 2)]
    await approval.deliver(*events)
    expected = [str(events[n].journey) for n in (1, 2, 0)]
    first = (await get(approval, "/decisions?limit=2&unit=district")).json()
    rest = (await get(approval, f"/decisions?limit=2&cursor={first['next']}")).json()
    assert [each["journey_id"] for each in first["items"] + rest["items"]] == expected
    assert rest["next"] is None
    assert (await get(approval, "/decisions?unit=other")).json()["items"] == []
    assert (await get(approval, "/decisions?state=granted")).json()["items"] == []
    assert (await get(approval, "/decisions", agency=OTHER_AGENCY)).json()["items"] == []
    assert (await get(approval, "/decisions?cursor=x")).status_code == 422


async def test_decision_shows_form_recommendation_and_later_the_order(approval):
    case = uuid4()
    _, decision = await waiting(approval, case=case)
    view = (await get(approval, f"/decisions/{decision}")).json()
    assert view["case_id"] == str(case)
    assert (view["form"], view["recommended"], view["reviewer"]) == (FORM, FOUND, str(REVIEWER))
    assert view["order"] is None
    assert "15 days" in view["appeal"]["en"]
    await post(approval, decision, "grant")
    order = (await get(approval, f"/decisions/{decision}")).json()["order"]
    assert order["authority"]["en"] == "District director"
    assert {name: order[name] for name in FOUND} == FOUND


async def test_decision_of_another_agency_is_unknown(approval):
    _, decision = await waiting(approval)
    for act in ("grant", "refusal"):
        answer = await post(approval, decision, act, json=REASONS, agency=OTHER_AGENCY)
        assert code(answer) == (404, "decision-not-found")
    assert code(await get(approval, f"/decisions/{decision}", agency=OTHER_AGENCY)) == (404, "decision-not-found")
    assert code(await post(approval, uuid4(), "grant")) == (404, "decision-not-found")


async def test_grant_hands_over_to_the_next_step_once_however_often_it_is_sent(approval):
    journey, decision = await waiting(approval)
    answers = [await post(approval, decision, "grant") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].json() == answers[2].json()
    (granted,) = await approval.facts(Granted)
    assert (granted.next, granted.nextstep, granted.journeyid) == ("payment", "licence-fee", journey)
    assert code(await post(approval, decision, "grant", SOMCHAI)) == (409, "decision-made")
    assert code(await post(approval, decision, "refusal", json=REASONS)) == (409, "decision-made")


@pytest.mark.req("A2", part="reviewer ≠ approver")
async def test_reviewer_of_the_case_can_neither_grant_nor_refuse(approval):
    _, decision = await waiting(approval)
    for act in ("grant", "refusal"):
        answer = await post(approval, decision, act, REVIEWER, json=REASONS)
        assert code(answer) == (403, "approver-is-reviewer")
    assert await approval.facts(Granted) == await approval.facts(Refused) == []


@pytest.mark.req("A3")
@pytest.mark.parametrize("missing", [["facts"], ["law"], ["considerations"], ["facts", "law", "considerations"]])
async def test_refusal_without_reasons_cannot_be_signed(approval, missing):
    journey, decision = await waiting(approval)
    body = {name: text for name, text in REASONS.items() if name not in missing} | dict.fromkeys(missing[:1], "  ")
    answer = await post(approval, decision, "refusal", json=body)
    assert code(answer) == (422, "reasons-missing")
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{name}" for name in missing]
    assert await approval.facts(Refused) == []
    assert await claim_of(approval, journey) is None
    (row,) = await approval.rows(select(Decision))
    assert (row["state"], row["signature"]) == ("waiting", None)


@pytest.mark.req("A3")
async def test_refusal_where_no_appeal_is_named_is_impossible(approval):
    approval.publish(licence_bundle(identifier="test-no-appeal", appeal=None))
    _, decision = await waiting(approval)
    assert code(await post(approval, decision, "refusal", json=REASONS)) == (409, "appeal-unknown")
    assert (await post(approval, decision, "grant")).status_code == 200


@pytest.mark.req("A3")
async def test_refusal_states_reasons_and_appeal_and_goes_to_delivery(approval):
    journey, decision = await waiting(approval)
    for _ in range(2):
        answer = await post(approval, decision, "refusal", json=REASONS)
        assert (answer.status_code, answer.json()["state"]) == (200, "refused")
    (refused,) = await approval.facts(Refused)
    assert (refused.next, refused.data.outcome) == ("delivery", Outcome.REFUSED)
    claim = await claim_of(approval, journey)
    assert claim["result"] == "refused"
    assert {name: claim[name] for name in REASONS} == REASONS
    assert "15 วัน" in claim["appeal_th"]
    (row,) = await approval.rows(select(Decision))
    assert json.loads(row["content"])["appeal"]["th"] == claim["appeal_th"]
    other = REASONS | {"facts": "อื่น"}
    assert code(await post(approval, decision, "refusal", json=other)) == (409, "decision-made")
    # The service hears its own refusal as the end of the journey, and that changes nothing.
    await approval.deliver(approval.handover(Refused, at="approval", journey=journey, outcome=Outcome.REFUSED))
    assert await approval.rows(select(Decision)) == [row]


@pytest.mark.req("A3")
async def test_full_grant_needs_no_reasons_and_adopts_those_of_a_favourable_review(approval):
    journey, decision = await waiting(approval)
    await post(approval, decision, "grant")
    claim = await claim_of(approval, journey)
    assert {name: claim[name] for name in FOUND} == FOUND
    assert claim["appeal_th"] is None

    against, decision = await waiting(approval, result="refused", **REASONS)
    await post(approval, decision, "grant")
    claim = await claim_of(approval, against)
    assert {name: claim[name] for name in REASONS} == dict.fromkeys(REASONS, "")


async def test_of_two_contradictory_acts_at_once_one_stands(approval):
    journey, decision = await waiting(approval)
    officers = [uuid4() for _ in range(6)]
    answers = await asyncio.gather(
        *(post(approval, decision, "grant", officer) for officer in officers[:3]),
        *(post(approval, decision, "refusal", officer, json=REASONS) for officer in officers[3:]),
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 5}
    told = await approval.facts(Granted) + await approval.facts(Refused)
    assert len(told) == 1
    claim = await claim_of(approval, journey)
    assert claim["result"] == told[0].data.name


async def test_one_officer_deciding_two_cases_at_once_for_the_first_time_gets_one_key(approval):
    decisions = [(await waiting(approval))[1] for _ in range(4)]
    answers = await asyncio.gather(*(post(approval, decision, "grant") for decision in decisions))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len(await approval.rows(select(SigningKey))) == 1


async def test_nobody_decides_a_withdrawn_case(approval):
    journey, decision = await waiting(approval)
    await approval.deliver(approval.handover(Withdrawn, at="request", journey=journey, outcome=Outcome.WITHDRAWN))
    assert code(await post(approval, decision, "grant")) == (409, "decision-closed")
    assert code(await post(approval, decision, "refusal", json=REASONS)) == (409, "decision-closed")


async def signed_orders(approval) -> list[dict]:
    return await approval.rows(select(Decision.content, Decision.digest, Decision.signature))


async def test_signatures_hold_under_the_published_keys_with_an_independent_library(approval):
    _, granted = await waiting(approval)
    _, refused = await waiting(approval)
    await post(approval, granted, "grant", SOMSRI)
    await post(approval, refused, "refusal", SOMCHAI, json=REASONS)
    approval.publish(automatic_bundle(identifier="test-automatic"))
    await approval.deliver(reviewed(approval))

    answer = await approval.client.get("/decision-keys")
    keys = {key["kid"]: key for key in answer.json()["keys"]}
    assert len(keys) == 3
    assert all(set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"} for key in keys.values())
    used = set()
    for order in await signed_orders(approval):
        header, _, signature = order["signature"].partition("..")
        payload = base64.urlsafe_b64encode(order["content"].encode()).rstrip(b"=").decode()
        whole = f"{header}.{payload}.{signature}"
        kid = jws.get_unverified_header(whole)["kid"]
        assert jws.verify(whole, keys[kid], algorithms=["ES256"]) == order["content"].encode()
        assert hashlib.sha256(order["content"].encode()).hexdigest() == order["digest"]
        used.add(kid)
    assert used == set(keys)


async def test_signed_content_says_who_decided_what_and_when(approval):
    journey, decision = await waiting(approval)
    await post(approval, decision, "refusal", json=REASONS)
    (order,) = await signed_orders(approval)
    content = json.loads(order["content"])
    assert content["officer"] == str(SOMSRI)
    assert (content["journey"], content["decision"]) == (str(journey), str(decision))
    assert (content["definition"], content["agency"], content["result"]) == ("test-licence@1", "22000000", "refused")
    assert {name: content[name] for name in REASONS} == REASONS
    assert content["authority"] == {"th": "ผู้อำนวยการเขต", "en": "District director"}
    assert content["decided_at"].endswith("Z")
    assert (content["rule"], content["order"]) == (None, None)


async def test_private_keys_officers_and_words_stay_inside(approval):
    journey, decision = await waiting(approval)
    await post(approval, decision, "refusal", json=REASONS)
    told = "".join(event.to_json().decode() for event in await approval.facts())
    claim = json.dumps(await claim_of(approval, journey), ensure_ascii=False)
    keys = (await approval.client.get("/decision-keys")).text
    for shown in (told, claim, keys):
        assert str(SOMSRI) not in shown
        assert str(REVIEWER) not in shown
    assert not any(text in told for text in REASONS.values())
    assert '"d"' not in keys


async def test_text_the_database_cannot_keep_is_a_field_error(approval):
    _, decision = await waiting(approval)
    for body in (REASONS | {"facts": "a\u0000"}, REASONS | {"law": "ก" * 20_001}, REASONS | {"x": "y"}):
        assert (await post(approval, decision, "refusal", json=body)).status_code == 422


@pytest.mark.parametrize("caller", ["payment", "issuance", "delivery"])
async def test_claim_of_an_undecided_journey_is_absent(approval, caller):
    journey, _ = await waiting(approval)
    assert await claim_of(approval, journey, caller) is None
