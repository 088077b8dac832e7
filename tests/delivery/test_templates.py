"""An agency words its notices itself, in versions that are never changed; each notice keeps what was used."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from asyncpg.exceptions import RestrictViolationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from kit.clock import clock
from kit.contracts.events import Granted, Invoiced, Submitted
from services.delivery.models import Notice, Template
from tests.bundles import OTHER_AGENCY

pytestmark = pytest.mark.req("D5", part="editable templates with versions")

PATH = "/notice-templates/granted"


def saying(word: str, based_on: int = 0, **more) -> dict:
    subject = {"th": f"{word} {{number}}", "en": f"{word} {{number}} in English"}
    return {"subject": subject, "body": {"th": f"{word} “{{title}}”", "en": f"{word}: {{title}}"}} | {
        "based_on": based_on
    } | more  # fmt: skip


class Office:
    """Administrators at the templates, and what applicants then read."""

    def __init__(self, delivery, known):
        self.delivery, self.known = delivery, known
        self.own = delivery.officer("administrator")
        self.other = delivery.officer("administrator", agency=OTHER_AGENCY)
        self.platform = delivery.officer("administrator", agency="platform")

    async def save(self, body, headers=None, path=PATH):
        return await self.delivery.client.post(f"{path}/versions", json=body, headers=headers or self.own)

    async def withdraw(self, based_on, headers=None):
        body = {"based_on": based_on}
        return await self.delivery.client.post(f"{PATH}/withdrawal", json=body, headers=headers or self.own)

    async def show(self, headers=None, path=PATH):
        return (await self.delivery.client.get(path, headers=headers or self.own)).json()

    async def told(self):
        event = self.known(self.delivery.handover(Granted, at="approval"))
        await self.delivery.deliver(event)
        (notice,) = await self.delivery.rows(select(Notice).where(Notice.journey_id == event.journey))
        return notice


@pytest.fixture
def office(delivery, known):
    return Office(delivery, known)


async def test_an_agencys_words_are_used_from_the_next_notice_on_and_kept_with_it(office):
    before = await office.told()
    assert (before["template_id"], before["template_version"]) == (None, 0)
    saved = await office.save(saying("อนุญาตแล้ว"))
    assert saved.status_code == 201, saved.text
    notice = await office.told()
    assert notice["subject_th"] == "อนุญาตแล้ว 22000000-FOOD-69-000001"
    assert notice["body_en"] == "อนุญาตแล้ว: Test licence"
    (row,) = await office.delivery.rows(select(Template))
    assert (notice["template_id"], notice["template_version"]) == (row["id"], 1)
    view = await office.show()
    assert (view["agency"], view["version"], view["last"]) == ("22000000", 1, 1)
    assert view["versions"][0]["author"] == str(row["author"])
    assert view["shipped"]["subject"]["en"] == "Result of application {number}"


async def test_the_platforms_words_count_for_whoever_has_none_of_its_own(office):
    assert (await office.save(saying("ของแพลตฟอร์ม"), office.platform)).status_code == 201
    assert (await office.told())["subject_th"].startswith("ของแพลตฟอร์ม")
    assert (await office.show(office.other))["agency"] == "platform"
    await office.save(saying("ของหน่วยงาน"))
    assert (await office.told())["subject_th"].startswith("ของหน่วยงาน")
    # Another agency is shown neither the words nor that there are any.
    assert "ของหน่วยงาน" not in str(await office.show(office.other))
    assert "ของหน่วยงาน" not in str(await office.show(office.platform))
    assert (await office.withdraw(1)).status_code == 201
    assert (await office.told())["subject_th"].startswith("ของแพลตฟอร์ม")


async def test_words_are_taken_back_to_the_shipped_ones_and_every_version_stays(office):
    await office.save(saying("หนึ่ง"))
    await office.save(saying("สอง", 1))
    assert (await office.withdraw(2)).status_code == 201
    notice = await office.told()
    assert (notice["subject_en"], notice["template_version"]) == ("Result of application 22000000-FOOD-69-000001", 0)
    again = await office.withdraw(3)
    assert (again.status_code, again.json()["type"]) == (409, "urn:paet:problem:nothing-to-withdraw")
    versions = (await office.show())["versions"]
    assert [(each["version"], each["wording"] is None) for each in versions] == [(3, True), (2, False), (1, False)]
    assert (await office.save(saying("สาม", 3))).json()["version"] == 4


async def test_of_two_who_save_at_once_one_is_told_to_read_first(office):
    other = office.delivery.officer("administrator")
    both = await asyncio.gather(office.save(saying("หนึ่ง")), office.save(saying("สอง"), other))
    assert sorted(answer.status_code for answer in both) == [201, 409]
    refused = next(answer for answer in both if answer.status_code == 409)
    assert refused.json()["type"] == "urn:paet:problem:template-changed"
    assert len(await office.delivery.rows(select(Template))) == 1


async def test_a_repeat_after_a_lost_answer_changes_nothing(office):
    first, second = await office.save(saying("หนึ่ง")), await office.save(saying("หนึ่ง"))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert (await office.save(saying("หนึ่ง", 7))).status_code == 409


async def test_words_for_later_wait_for_their_day(office):
    with clock.freeze(clock.now()) as advance:
        office.own = office.delivery.officer("administrator")
        later = (clock.now() + timedelta(minutes=5)).isoformat()
        assert (await office.save(saying("ภายหลัง", valid_from=later))).json()["version"] == 0
        assert (await office.told())["template_version"] == 0
        advance(timedelta(minutes=5))
        assert (await office.told())["template_version"] == 1


RUBBISH = [
    ({"body": {"th": "{nobody}", "en": "x"}}, "/body/th"),
    ({"subject": {"th": "x", "en": "one\ntwo"}}, "/subject/en"),
    ({"subject": {"th": "ก" * 201, "en": "x"}}, "/subject/th"),
    ({"body": {"th": "x", "en": "y" * 8001}}, "/body/en"),
    ({"body": {"th": "\u200b", "en": "x"}}, "/body/th"),
    ({"body": {"th": "x", "en": "x\ud800"}}, "/body/en"),
    ({"valid_from": "2027-01-01T00:00:00"}, "/valid_from"),
    ({"based_on": -1}, "/based_on"),
    ({"author": "me"}, "/author"),
]


async def test_rubbish_is_refused_naming_the_field(office):
    for change, pointer in RUBBISH:
        body = {**saying("x"), **change}
        headers = office.own | {"Content-Type": "application/json"}
        answer = await office.delivery.client.post(f"{PATH}/versions", content=json.dumps(body), headers=headers)
        assert answer.status_code == 422, answer.text
        assert pointer in [each["pointer"] for each in answer.json()["errors"]]
        assert await office.delivery.rows(select(Template)) == []


async def test_a_refusal_cannot_be_worded_without_the_right_to_appeal(office):
    without = "{facts} {law} {considerations}"
    body = {"subject": {"th": "x", "en": "x"}, "body": {"th": without + "{appeal}", "en": without}, "based_on": 0}
    answer = await office.save(body, path="/notice-templates/refused")
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/body/en", "place-missing")
    assert "{appeal}" in error["detail"]


async def test_a_preview_reads_like_the_notice_and_keeps_nothing(office):
    words = {name: saying("ดูก่อน")[name] for name in ("subject", "body")}
    answer = await office.delivery.client.post(f"{PATH}/preview", json=words, headers=office.own)
    assert answer.json()["body"]["en"] == "ดูก่อน: Food premises licence"
    assert await office.delivery.rows(select(Template)) == []
    unknown = await office.delivery.client.post("/notice-templates/absent/preview", json=words, headers=office.own)
    assert unknown.status_code == 404


async def test_every_kind_is_listed_with_its_places(office):
    listed = {each["kind"]: each for each in await office.show(path="/notice-templates")}
    assert set(listed["refused"]["needed"]) == {"appeal", "considerations", "facts", "law"}
    assert "receipt" in listed["paid"]["places"]
    assert {each["version"] for each in listed.values()} == {0}


async def test_a_place_that_this_release_cannot_fill_gives_way_to_the_shipped_words(office):
    async with office.delivery.kit.database.transaction() as session:
        session.add(Template(
            agency="22000000", kind="granted", version=1, subject_th="{later}", subject_en="x", body_th="x",
            body_en="x", author=uuid4(), created_at=clock.now(), valid_from=clock.now(),
        ))  # fmt: skip
    notice = await office.told()
    assert (notice["template_id"], notice["template_version"]) == (None, 0)
    assert "22000000-FOOD-69-000001" in notice["subject_th"]


@pytest.mark.parametrize("act", ["UPDATE template SET body_th = 'x'", "DELETE FROM template"])
async def test_versions_only_grow(office, act):
    await office.save(saying("หนึ่ง"))
    with pytest.raises(DBAPIError) as refused:
        async with office.delivery.kit.database.engine.begin() as connection:
            await connection.execute(text(act))
    assert isinstance(refused.value.orig.__cause__, RestrictViolationError)


async def test_a_batch_is_worded_in_one_moment(office):
    """All notices of a batch are read for at once, each by its own kind."""
    await office.save(saying("หนึ่ง"))
    received = office.known(office.delivery.handover(Submitted, at="request"))
    granted = office.delivery.handover(Granted, at="approval", journey=received.journey)
    await office.delivery.deliver(received, granted)
    told = await office.delivery.rows(select(Notice).order_by(Notice.id))
    assert {row["kind"]: row["template_version"] for row in told} == {"received": 0, "granted": 1}


async def test_saved_words_that_leave_out_what_must_be_told_by_now_give_way(office):
    older = Template(
        agency="22000000", kind="pay", version=1, subject_th="x", subject_en="x", body_th="{amount}",
        body_en="{amount}", author=uuid4(), created_at=clock.now(), valid_from=clock.now(),
    )  # fmt: skip
    async with office.delivery.kit.database.transaction() as session:
        session.add(older)
    received = office.known(office.delivery.handover(Submitted, at="request"))
    due = Invoiced(invoice=uuid4(), amount_satang=100, currency="THB", due_at=clock.now() + timedelta(days=1))
    await office.delivery.deliver(office.delivery.event(due, step="licence-fee", journey=received.journey))
    (notice,) = await office.delivery.rows(select(Notice))
    assert (notice["template_version"], "{due}" in notice["body_th"]) == (0, False)
    assert "โปรดชำระ" in notice["body_th"]
    view = await office.show(path="/notice-templates/pay")
    assert (view["version"], view["last"], view["wording"]) == (0, 1, view["shipped"])
