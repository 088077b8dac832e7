"""The food-establishment licence through all eight processes: granted, refused, withdrawn."""

import asyncio
import io
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import pikepdf
import pypdfium2
import pytest

from kit.clock import clock
from kit.documents import verify_async
from kit.local import samples
from kit.local.bootstrap import OFFICERS
from kit.local.demo import find
from tests import pdf as pdf_checks
from tests.issuance.holder import Holder, claims_of, opened, value_at
from tests.journeys.walks import apply, decision_of, grant, recommend, rows, until_rows


@pytest.fixture
async def citizen(anyone):
    return await anyone.sign_in(samples.CITIZENS["first"])


@pytest.mark.req("L2", part="the seal refers to the decision as approval signed it, and carries a time-stamp")
@pytest.mark.req("L6", part="end to end: a substitute of the shipped licence, suspended by reviewer and approver")
@pytest.mark.req("L7")
async def test_a_granted_licence_is_paid_sealed_numbered_and_public(anyone, citizen, suite):
    journey = await apply(citizen)
    await recommend(anyone, journey)
    await grant(anyone, journey)
    bill = await journey.pay()
    assert bill["amount_satang"] in range(200_000, 300_001)
    seen = await journey.until_ended()
    assert seen["ended"]["outcome"] == "passed"
    assert [step["state"] for step in seen["steps"]] == ["done"] * 8
    assert seen["level"] == "L3"
    document = await citizen.get(f"{journey.path}/document")
    body = await citizen.get(f"{journey.path}/document.pdf")
    await _is_a_sound_document(body, document)
    await _rests_on_the_signed_decision(body, journey, suite)
    token = document["verify_url"].rpartition("/")[2]
    public = await anyone.get(f"/v1/verifications/{token}")
    assert (public["number"], public["status"]) == (document["number"], "valid")
    assert "1101700000010" not in str(public)
    page = await anyone.http.get(f"/verify/{token}")
    assert page.headers["content-type"].startswith("text/html")
    assert document["number"] in page.text
    await _goes_into_a_wallet(anyone, citizen, journey, document)
    second = await _is_replaced(anyone, citizen, journey, document)
    await _is_suspended(anyone, second["id"])
    for each, status in ((document, "replaced"), (second, "suspended")):
        token = each["verify_url"].rpartition("/")[2]
        assert (await anyone.get(f"/v1/verifications/{token}"))["status"] == status
    worth = {document["number"]: "replaced", second["number"]: "suspended"}
    await _is_on_the_register_and_shown_on_its_premises(anyone, worth, token)


async def _is_on_the_register_and_shown_on_its_premises(anyone, worth, token):
    """Found without a login by words inside the name of the shop, as current as the last act."""
    words = samples.FOOD_PLACE["shop_name"][4:11]
    found = (await anyone.get(f"/v1/register?limit=50&q={quote(words)}"))["items"]
    assert {each["number"]: each["status"] for each in found if each["number"] in worth} == worth
    page = (await anyone.http.get(f"/verify/{token}/display")).text
    (turn,) = re.findall(r"animation: turn ([\d.]+)s", page)
    assert float(turn) / page.count('<section class="side') >= 5
    assert "พักใช้" in page


async def _goes_into_a_wallet(anyone, citizen, journey, document):
    offered = await citizen.post(f"{journey.path}/credential-offers")
    issuer = offered["offer"]["credential_issuer"]
    (kind,) = offered["offer"]["credential_configuration_ids"]
    base = f"/v1/issuers/{issuer.rpartition('/')[2]}"
    holder = Holder(anyone.http)
    token = (await holder.token(offered, base)).json()["access_token"]
    proof = holder.proof(await holder.nonce(base), aud=issuer)
    answer = await holder.ask(token, proof, base, credential_configuration_id=kind)
    said = opened(answer)
    assert (said["number"], said["verify_url"]) == (document["number"], document["verify_url"])
    assert said["holder_name"] == "นาย ทดสอบ หนึ่ง"
    placed = claims_of(answer)["status"]["status_list"]
    statuses = await anyone.http.get(placed["uri"])
    assert value_at(statuses.text, placed["idx"]) == 0
    metadata = await anyone.get(f"/.well-known/jwt-vc-issuer{urlsplit(issuer).path}")
    assert metadata["issuer"] == issuer


async def _rests_on_the_signed_decision(body, journey, suite):
    report = await verify_async(body, [(suite.state.folder / "files" / "seals" / "root.pem").read_bytes()])
    assert report.bottom_line, report.fault
    assert report.stamped_at is not None
    (signed,) = await rows(
        suite, "approval", "SELECT id, digest FROM decisions WHERE journey_id = $1 AND signature <> ''", journey.id
    )
    assert report.refers_to is not None
    assert (report.refers_to.uri, report.refers_to.sha256) == (f"urn:uuid:{signed['id']}", signed["digest"])


async def _is_replaced(anyone, citizen, journey, document):
    """Lost: the holder asks for a substitute, the approver grants it."""
    lost = {"reason": "lost", "known_on": document["issued_on"]}
    wish = await citizen.post(f"{journey.path}/document/substitutes", lost)
    approver = await anyone.sign_in(OFFICERS["approver"], "officer")
    assert wish["id"] in [each["id"] for each in (await approver.get("/v1/substitutes"))["items"]]
    await approver.post(f"/v1/substitutes/{wish['id']}/grant", {})
    async with asyncio.timeout(60):
        while (second := await citizen.get(f"{journey.path}/document"))["id"] == document["id"]:
            await asyncio.sleep(0.1)
    assert (second["replaces"], second["number"]) == (document["id"], f"{document['number']}-1")
    body = await citizen.get(f"{journey.path}/document.pdf")
    await _is_a_sound_document(body, second)
    assert "ใบแทน" in pdf_checks.text_of(body)
    return second


async def _is_suspended(anyone, licence):
    """The reviewer proposes, within the limit of the definition, and the approver confirms."""
    reviewer = await anyone.sign_in(OFFICERS["reviewer"], "officer")
    approver = await anyone.sign_in(OFFICERS["approver"], "officer")
    path, act = f"/v1/licences/{licence}/acts", samples.REFUSAL | {"act": "suspend"}
    assert (await reviewer.send("POST", path, json=act)).status_code == 422, "without an end it is longer than 15 days"
    last = clock.local_date(clock.now()) + timedelta(days=14)
    proposal = await reviewer.post(path, act | {"until": last.isoformat()})
    await approver.post(f"/v1/licences/{licence}/acts/{proposal['id']}/confirmation", {})


async def _is_a_sound_document(body, document):
    assert pdf_checks.pdfa_faults(body) == []
    assert pdf_checks.qpdf_faults(body) == ""
    signature = pdf_checks.pdfsig_of(body)
    assert signature["Signature Validation"].startswith("Signature is Valid")
    assert signature["Coverage"] == "Total document signed"
    (code,) = pdf_checks.qr_codes(body)
    assert code == document["verify_url"]
    with pikepdf.open(io.BytesIO(body)) as opened:
        assert opened.attachments, "the data travel inside as XML"
    text = pdf_checks.text_of(body)
    assert samples.FOOD_PLACE["shop_name"] in text
    assert "นาย ทดสอบ หนึ่ง" in text
    assert len(pypdfium2.PdfDocument(body)) == 1


async def test_a_refused_application_ends_with_reasons_and_the_right_to_appeal(anyone, citizen):
    journey = await apply(citizen)
    await recommend(anyone, journey)
    approver, path = await decision_of(anyone, journey)
    case = (await approver.get(path))["case_id"]
    await approver.post(f"/v1/cases/{case}/delay", {"reason": "รอผลการตรวจสถานที่"})
    bare = await approver.send("POST", f"{path}/refusal", json={})
    assert bare.status_code == 422
    pointers = {error["pointer"] for error in bare.json()["errors"]}
    assert {"/facts", "/law", "/considerations"} <= pointers
    await approver.post(f"{path}/refusal", samples.REFUSAL)
    seen = await journey.until_ended()
    assert seen["ended"]["outcome"] == "refused"
    notice = (await citizen.get(f"{journey.path}/notices"))[-1]
    for said in (*samples.REFUSAL.values(), "ภายใน 30 วัน"):
        assert said in notice["body"]["th"]
    assert (await citizen.send("GET", f"{journey.path}/document")).status_code == 404


async def test_a_withdrawal_before_the_decision_ends_the_journey_and_stops_the_officers(anyone, citizen):
    journey = await apply(citizen)
    await journey.until_at("review")
    reviewer = await anyone.sign_in(OFFICERS["reviewer"], "officer")
    case = await find(reviewer, "/v1/cases", journey)
    await journey.withdraw()
    seen = await journey.until_ended()
    assert seen["ended"]["outcome"] == "withdrawn"
    late = await reviewer.send("POST", f"/v1/cases/{case['id']}/claim")
    assert (late.status_code, late.headers["content-type"]) == (409, "application/problem+json")


async def test_a_withdrawal_after_the_grant_voids_the_bill_and_late_money_goes_back(anyone, citizen, suite):
    journey = await apply(citizen)
    await recommend(anyone, journey)
    await grant(anyone, journey)
    bill = await journey.invoice()
    await journey.withdraw()
    seen = await journey.until_ended()
    assert seen["ended"]["outcome"] == "withdrawn"
    await until_rows(suite, "payment", "SELECT 1 FROM invoice WHERE id = $1 AND state = 'void'", bill["id"])
    order = {"qr": bill["promptpay"]}
    await citizen.http.post(f"{citizen.urls['bank']}/_control/pay", json=order)
    (refund,) = await until_rows(suite, "payment", "SELECT * FROM refund WHERE invoice_id = $1", bill["id"])
    assert (refund["amount"], refund["reason"]) == (bill["amount_satang"], "late")


@pytest.mark.req("P5", part="end to end: the shipped licence is paid by card")
async def test_a_licence_paid_by_card_is_issued_and_can_be_withdrawn_no_more(anyone, citizen, suite):
    journey = await apply(citizen)
    await recommend(anyone, journey)
    await grant(anyone, journey)
    bill = await journey.pay_by_card()
    await journey.until_ended()
    (paid,) = await rows(suite, "payment", "SELECT provider FROM payment WHERE invoice_id = $1", bill["id"])
    assert paid["provider"] == "card"
    told = await citizen.get(f"{journey.path}/notices")
    assert "wallet" in {notice["kind"] for notice in told}
    answer = await journey.visitor.send("POST", f"{journey.path}/withdrawal")
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")


@pytest.mark.req("R1", part="two officers never act on one case at once")
async def test_of_two_officers_who_claim_at_once_one_gets_the_case(anyone, citizen):
    journey = await apply(citizen)
    await journey.until_at("review")
    officers = [await anyone.sign_in(OFFICERS[name], "officer") for name in ("reviewer", "second-reviewer")]
    case = await find(officers[0], "/v1/cases", journey)
    answers = await asyncio.gather(*(each.send("POST", f"/v1/cases/{case['id']}/claim") for each in officers))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    loser = officers[0] if answers[0].status_code == 409 else officers[1]
    act = await loser.send("POST", f"/v1/cases/{case['id']}/recommendation", json=samples.RECOMMENDATION)
    assert act.status_code == 409


async def test_a_decision_is_made_and_signed_once_under_two_approvals_at_once(anyone, citizen, suite):
    journey = await apply(citizen)
    await recommend(anyone, journey)
    approver, path = await decision_of(anyone, journey)
    answers = await asyncio.gather(*(approver.send("POST", f"{path}/grant", json={}) for _ in range(3)))
    assert all(answer.status_code in (200, 409) for answer in answers)
    await journey.until_at("licence-fee")
    seen = await journey.view()
    assert [entry["type"] for entry in seen["timeline"]].count("paet.approval.granted.v1") == 1


@pytest.mark.req("R4", part="both periods, the earlier promised")
async def test_the_promised_day_is_the_earlier_of_both_periods(anyone, citizen):
    journey = await apply(citizen)
    seen = await journey.until(lambda view: "paet.review.accepted.v1" in str(view["timeline"]))
    promised = seen["promised"]
    assert promised["manual"]["amount"] == 30
    assert promised["act"]["amount"] == 30
    assert datetime.fromisoformat(promised["due_at"]) > datetime.now(UTC)


async def test_the_money_of_every_journey_balances(suite, anyone, citizen):
    unbalanced = await rows(
        suite, "payment", "SELECT booking_id FROM ledgerentry GROUP BY booking_id HAVING sum(amount) <> 0"
    )
    assert unbalanced == []
