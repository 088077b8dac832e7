"""Personal document: free as version 1, with a fee as version 2, and the journeys in flight between them."""

import pytest

from kit.local import samples
from tests import pdf
from tests.payment import etda

FIRST, SECOND = samples.PERSONAL["personal-document@1"], samples.PERSONAL["personal-document@2"]


@pytest.mark.req("J3")
@pytest.mark.req("J2")
@pytest.mark.req("Q12")
async def test_a_fee_is_introduced_while_journeys_in_flight_finish_as_they_were_filed(anyone, publish_second_version):
    citizen = await anyone.sign_in(samples.CITIZENS["second"])
    assert (await anyone.get("/v1/definitions/personal-document"))["ref"] == "personal-document@1"
    finished = await citizen.start("personal-document")
    await finished.fill(FIRST)
    await finished.submit()
    seen = await finished.until_ended()
    assert seen["ended"]["outcome"] == "passed"

    # This one goes to an officer: it is in flight when the second version comes into force.
    in_flight = await citizen.start("personal-document")
    await in_flight.fill({"purpose": "other", "purpose_detail": "ใช้ประกอบการสมัครสมาชิกสหกรณ์"})
    await in_flight.submit()
    await in_flight.until_at("review")
    draft = await citizen.start("personal-document")
    await draft.fill(FIRST)

    publish_second_version()

    answer = await citizen.send("POST", f"{draft.path}/submission")
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "urn:paet:problem:definition-superseded")
    assert problem["latest"] == "personal-document@2"
    told = {each["path"]: each["en"] for each in problem["differences"]}
    assert any("fees" in path for path in told)
    assert any("step was added" in words for words in told.values())
    assert any(path.endswith("/recipient") for path in told)

    old = await citizen.send("POST", "/v1/journeys", json={"definition": "personal-document@1"},
                             headers={"Idempotency-Key": "an-old-version-0001"})  # fmt: skip
    assert old.status_code == 409

    await _decide(anyone, in_flight)
    seen = await in_flight.until_ended()
    assert seen["definition"] == "personal-document@1"
    assert "paet.payment.invoiced.v1" not in {entry["type"] for entry in seen["timeline"]}
    assert seen["ended"]["outcome"] == "passed"

    paid = await citizen.start("personal-document")
    await paid.fill(SECOND)
    await paid.submit()
    await paid.pay()
    seen = await paid.until_ended()
    assert seen["definition"] == "personal-document@2"
    types = [entry["type"] for entry in seen["timeline"]]
    assert types.index("paet.payment.paid.v1") < types.index("paet.issuance.issued.v1")
    (receipt,) = await citizen.get(f"{paid.path}/receipts")
    assert receipt["number"]
    await _look_at_the_receipt(citizen, anyone, receipt)


async def _look_at_the_receipt(citizen, anyone, receipt):
    """Through the gateway: the same sealed file each time, whole by the standard, and for nobody else."""
    path = f"/v1/receipts/{receipt['id']}"
    assert (await citizen.get(path))["state"] == "issued"
    first, again = [await citizen.get(f"{path}.pdf") for _ in range(2)]
    assert first == again
    assert pdf.pdfa_faults(first) == []
    assert etda.faults(pdf.attachments(first)["receipt.xml"]) == []
    stranger = await anyone.sign_in(samples.CITIZENS["third"])
    assert (await stranger.send("GET", f"{path}.pdf")).status_code == 404


async def _decide(anyone, journey):
    from tests.journeys.walks import recommend

    await recommend(anyone, journey)


@pytest.mark.req("I2")
async def test_a_weak_identity_is_told_the_level_it_needs_and_how_to_step_up(anyone):
    weak = await anyone.sign_in(samples.CITIZENS["weak"])
    answer = await weak.send("POST", "/v1/journeys", json={"definition": "personal-document"},
                             headers={"Idempotency-Key": "a-weak-identity-0001"})  # fmt: skip
    problem = answer.json()
    assert answer.status_code in (401, 403)
    assert (problem["required_ial"], problem["required_aal"]) == ("2.3", "2.1")
    assert "insufficient_user_authentication" in answer.headers["www-authenticate"]


async def test_nobody_signed_in_starts_no_journey_about_a_person(anyone):
    answer = await anyone.send("POST", "/v1/journeys", json={"definition": "personal-document"},
                               headers={"Idempotency-Key": "nobody-signed-in-0123456789-0123456789"})  # fmt: skip
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
