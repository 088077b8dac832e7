"""One journey is one trace, and nothing personal travels on the bus, in logs, traces or URLs."""

import asyncio
import json
from pathlib import Path

import nats
import pytest

from kit.contracts.journey import Process
from kit.local import samples
from kit.local.bootstrap import OFFICERS
from kit.nats_access import OPERATOR
from tests.journeys.conftest import settle
from tests.journeys.walks import grant, recommend, rows, until_rows

PLANTED = "ครัวลับเฉพาะกิจ"
PLANTED_EMAIL = "planted.person@paet.localhost"
PLANTED_TELEPHONE = "029999123"
PLANTED_QUESTION = "secretquestion77"
PLANTED_REASON = "คดีลับหมายเลข๗๗"


@pytest.fixture(scope="module")
async def walked(suite):
    """One granted licence with marked personal values in its form."""
    from kit.local.visitor import visitor

    async with visitor(suite.urls()) as anyone:
        citizen = await anyone.sign_in(samples.CITIZENS["third"])
        journey = await citizen.start("food-licence")
        form = samples.FOOD_PLACE | {"shop_name": PLANTED, "telephone": PLANTED_TELEPHONE}
        await journey.fill(form, email=PLANTED_EMAIL)
        await journey.submit()
        await recommend(anyone, journey)
        await grant(anyone, journey)
        await journey.pay()
        await journey.until_ended()
        await citizen.get(f"{journey.path}/document.pdf")
        await citizen.get(f"/v1/search?q={PLANTED_QUESTION}")
        me = await citizen.get("/v1/me")
        await hold_and_erase(suite, anyone, citizen, journey)
        yield journey.id, me["subject"]


async def hold_and_erase(suite, anyone, citizen, journey) -> None:
    """A hold is placed on the journey, and then its applicant wants everything erased."""
    administrator = await anyone.sign_in(OFFICERS["administrator"], "officer")
    key = {"Idempotency-Key": "a-key-of-the-tests"}
    why = {"reason": PLANTED_REASON, "legal_basis": PLANTED_REASON}
    await administrator.post(f"{journey.path}/holds", why, headers=key)
    await until_rows(suite, "delivery", "SELECT FROM legal_hold WHERE journey_id = $1", journey.id)
    await citizen.post("/v1/erasures", headers=key)


def spans_of(suite, journey: str) -> list[dict]:
    trace = journey.replace("-", "")
    found = []
    for program in suite.layout.services:
        path = suite.state.trace_file(program.name)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        # A line that is being written just now is read the next time.
        found += [json.loads(line) for line in lines if line.endswith("}") and trace in line]
    return [span for span in found if span["trace"] == trace]


@pytest.mark.req("O4")
async def test_one_journey_is_one_connected_trace_over_http_and_nats(suite, walked):
    journey, _ = walked
    wanted = {process.value for process in Process} - {"search", "identity"} | {"gateway"}

    root = f"{int(journey.replace('-', ''), 16) & 0xFFFF_FFFF_FFFF_FFFF:016x}"

    def all_there_and_connected():
        spans = spans_of(suite, journey)
        known = {span["span"] for span in spans} | {root}
        is_whole = {span["service"] for span in spans} >= wanted
        return spans if is_whole and all(span["parent"] in known for span in spans) else None

    spans = await settle(all_there_and_connected, 30)
    consumed = [span for span in spans if span["name"].startswith("consume ")]
    by_id = {span["span"]: span for span in spans}
    crossing = [span for span in consumed if (up := by_id.get(span["parent"])) and up["service"] != span["service"]]
    assert crossing, "events carry the trace from one service to the next"
    assert any(span["name"].startswith("due work") for span in spans)


@pytest.mark.req("O4", part="JSON logs with trace ids")
async def test_every_log_line_of_a_service_is_json(suite, walked):
    for program in suite.layout.services:
        for line in suite.state.log_file(program.name).read_text(encoding="utf-8").splitlines():
            if line.startswith(("INFO:", "──", "==")):
                continue  # what the process says before it has read its settings
            assert json.loads(line)["level"], line


async def planted(suite, walked) -> dict[str, bytes]:
    _, person = walked
    return {
        "shop name": PLANTED.encode(),
        "shop name, escaped": json.dumps(PLANTED)[1:-1].encode(),
        "e-mail": PLANTED_EMAIL.encode(),
        "telephone": PLANTED_TELEPHONE.encode(),
        "what was searched for": PLANTED_QUESTION.encode(),
        "13-digit number": samples.CITIZENS["third"].encode(),
        "person's id": person.encode(),
        "name": "ทดสอบ สาม".encode(),
        "why a journey is held": PLANTED_REASON.encode(),
        "why a journey is held, escaped": json.dumps(PLANTED_REASON)[1:-1].encode(),
    }


@pytest.mark.req("Y4", part="an erasure is answered from end to end, and a held journey keeps what it has")
async def test_an_erasure_is_answered_and_a_held_journey_keeps_its_records(suite, anyone, walked):
    citizen = await anyone.sign_in(samples.CITIZENS["third"])
    async with asyncio.timeout(20):
        while not (answer := (await citizen.get("/v1/erasures"))[0]["services"][-1])["answered_at"]:
            await asyncio.sleep(0.1)
    assert answer["service"] == "delivery"
    notices = [each for each in answer["records"] if each["record_class"] == "notice"]
    assert any(each["reason"] == "legal-hold" and each["kept"] >= 3 for each in notices)
    assert not any(each["erased"] for each in notices)


@pytest.mark.req("Y2")
@pytest.mark.req("I6")
@pytest.mark.req("Y4", part="neither a hold's reason nor whom an erasure is for is on the bus")
async def test_marked_personal_values_are_nowhere_on_the_bus(suite, walked):
    marks = await planted(suite, walked)
    journey, _ = walked
    client = await nats.connect(suite.nats.url, user=OPERATOR, password=suite.state.password("nats", OPERATOR))
    jetstream = client.jetstream()
    about = 0
    for stream in await jetstream.streams_info():
        for sequence in range(max(1, stream.state.first_seq), stream.state.last_seq + 1):
            message = await jetstream.get_msg(stream.config.name, sequence)
            whole = (message.data or b"") + str(message.headers).encode() + message.subject.encode()
            about += journey.encode() in whole
            assert [name for name, mark in marks.items() if mark in whole] == [], message.subject
    await client.close()
    assert about >= 15, "the journey's own events were read"


@pytest.mark.req("Y2")
@pytest.mark.req("I6")
async def test_marked_personal_values_are_in_no_log_and_no_trace(suite, walked):
    marks = await planted(suite, walked)
    marks.pop("person's id")  # an opaque id: kept off the bus, but a log may name who did something
    ours = [program.name for program in suite.layout.services] + ["nats", "postgres"]
    files: list[Path] = [suite.state.log_file(name) for name in ours]
    files += [suite.state.trace_file(program.name) for program in suite.layout.services]
    read = 0
    for path in files:
        body = path.read_bytes() if path.exists() else b""
        read += len(body)
        assert [name for name, mark in marks.items() if mark in body] == [], path.name
    assert read > 10_000


async def test_the_marks_would_be_found_where_they_belong(suite, walked):
    """The search can fail: the planted name is in the applicant's own document and database."""
    journey, _ = walked
    (row,) = await rows(suite, "request", "SELECT form::text AS form FROM application WHERE journey_id = $1", journey)
    assert PLANTED in row["form"]
