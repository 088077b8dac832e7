"""Defects through the whole suite: recorded by an officer, told, signed and corrected by the applicant, decided."""

import asyncio

import pytest

from kit.documents import verify_async
from kit.local import samples
from kit.local.bootstrap import OFFICERS
from kit.local.demo import find
from tests import pdf as pdf_checks
from tests.journeys.walks import apply, grant, rows, until_rows

WANTING = samples.DEFECTS["items"][0]["what"]


async def record(anyone, journey) -> tuple[object, str]:
    """The officer, and the path of the case whose defects were recorded."""
    officer = await anyone.sign_in(OFFICERS["reviewer"], "officer")
    path = f"/v1/cases/{(await find(officer, '/v1/cases', journey))['id']}"
    await officer.post(f"{path}/claim")
    await officer.post(f"{path}/defects", samples.DEFECTS)
    return officer, path


@pytest.mark.req("R3")
@pytest.mark.req("Q7")
@pytest.mark.req("D5", part="defects end to end")
async def test_an_applicant_corrects_what_an_officer_found_and_gets_the_licence_as_corrected(anyone, suite):
    citizen = await anyone.sign_in(samples.CITIZENS["first"])
    journey = await apply(citizen)
    officer, path = await record(anyone, journey)
    seen = await journey.until(lambda view: view["action"]["code"] == "correct")
    assert seen["action"]["link"] == f"{journey.path}/correction"
    notice = await _notice(citizen, journey, "defect")
    assert WANTING in notice["body"]["th"]
    assert "section 9" in notice["body"]["en"]

    said = await citizen.get(f"{journey.path}/correction")
    await citizen.post(f"{journey.path}/correction/acknowledgement", {"digest": said["digest"]})
    form = samples.FOOD_PLACE | {"shop_name": "ชื่อใหม่", "area": 250}
    refused = await citizen.send("POST", f"{journey.path}/correction", json={"form": form})
    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/form/shop_name"]
    await citizen.post(f"{journey.path}/correction", {"form": samples.FOOD_PLACE | {"area": 250}})

    await _notice(citizen, journey, "corrected")
    case = await find(officer, "/v1/cases", journey)
    seen = await officer.get(f"/v1/cases/{case['id']}")
    assert (seen["queue_reason"], seen["form"]["area"], seen["correction"]["changed"]) == ("corrected", 250, ["/area"])
    again = await officer.send("POST", f"{path}/claim")
    assert again.status_code == 200
    assert (await officer.send("POST", f"{path}/defects", json=samples.DEFECTS)).status_code == 409
    leave = {"reason": "officer_negligence", "explanation": "ตรวจไม่ครบในครั้งแรก"}
    assert (await officer.send("POST", f"{path}/defects-leave", json=leave)).status_code == 403
    supervisor = await anyone.sign_in(OFFICERS["supervisor"], "officer")
    given = await supervisor.post(f"{path}/defects-leave", leave)
    assert given["leave_reason"] == leave["reason"]
    await officer.post(f"{path}/recommendation", samples.RECOMMENDATION)
    await grant(anyone, journey)
    bill = await journey.pay()
    assert bill["amount_satang"] == 200_000, "the fee of the area as it was corrected"
    await journey.until_ended()
    body = await citizen.get(f"{journey.path}/document.pdf")
    assert "๒๕๐" in pdf_checks.text_of(body)
    root = (suite.state.folder / "files" / "seals" / "root.pem").read_bytes()
    assert (await verify_async(body, [root])).bottom_line


@pytest.mark.req("Q7")
@pytest.mark.req("D5", part="a return is told")
async def test_what_nobody_corrects_is_returned_with_reasons_and_the_right_to_appeal(anyone, suite):
    citizen = await anyone.sign_in(samples.CITIZENS["first"])
    journey = await apply(citizen)
    await record(anyone, journey)
    await until_rows(suite, "request", "SELECT id FROM correction WHERE journey_id = $1", journey.id)
    await rows(
        suite, "request",
        "UPDATE correction SET due_at = now() - interval '1 second' WHERE journey_id = $1", journey.id,
    )  # fmt: skip
    await rows(
        suite, "request",
        "UPDATE due_work SET due_at = now() WHERE kind = 'uncorrected' AND payload->>'journey' = $1", journey.id,
    )  # fmt: skip
    seen = await journey.until_ended()
    assert seen["ended"]["outcome"] == "returned"
    notice = await _notice(citizen, journey, "returned")
    assert WANTING in notice["body"]["th"]
    assert "อุทธรณ์" in notice["body"]["th"]
    refused = await citizen.send(
        "POST", f"{journey.path}/correction", json={"form": samples.FOOD_PLACE | {"area": 250}}
    )
    assert refused.status_code == 409


async def _notice(citizen, journey, kind):
    """The notice of that kind, once it is there."""
    async with asyncio.timeout(20):
        while True:
            notices = await citizen.get(f"{journey.path}/notices")
            if found := [each for each in notices if each["kind"] == kind]:
                (notice,) = found
                return notice
            await asyncio.sleep(0.1)
