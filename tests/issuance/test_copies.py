"""Certified copies: free, one a day of the same file and status, the original inside, sealed by the agency."""

import asyncio
import io
import re
from datetime import date
from functools import partial
from uuid import UUID, uuid4

import pikepdf
import pytest
from sqlalchemy import text
from sqlmodel import select

from kit import duework
from kit.documents import verify_async
from kit.storage import Files
from kit.testing import AGENCY
from services.issuance import commands
from services.issuance.commands.registering import StoredFile
from services.issuance.duework.certifying import certify
from services.issuance.models import CertifiedCopy
from tests.issuance.conftest import NAME, Office
from tests.pdf import attachments, pdfa_faults, text_of

pytestmark = pytest.mark.req("L10", part="certified copies, free, and the names of files")


@pytest.fixture
async def issued(registry):
    person = uuid4()
    event, row = await registry.issued(person=person)
    return event, row, person


def path_of(event):
    return f"/journeys/{event.journey}/document/copies"


async def asked(registry, event, person):
    answer = await registry.client.post(path_of(event), headers=registry.harness.citizen(person))
    assert answer.status_code == 202, answer.text
    return answer.json()


async def made(registry, event, person, count=1):
    """The certified copies of a document, once they are made."""

    async def there():
        found = (await registry.client.get(path_of(event), headers=registry.harness.citizen(person))).json()
        return found if len(found) == count and all(each["state"] == "made" for each in found) else []

    return await registry.harness.until(there)


async def file_of(registry, event, person, copy):
    url = f"{path_of(event)}/{copy['id']}/document.pdf"
    return await registry.client.get(url, headers=registry.harness.citizen(person))


async def changed(registry, statement):
    async with registry.kit.database.engine.begin() as connection:
        await connection.execute(text(statement))


async def test_a_holder_gets_a_certified_copy_with_the_original_inside(registry, issued):
    event, row, person = issued
    await asked(registry, event, person)
    (copy,) = await made(registry, event, person)
    answer = await file_of(registry, event, person, copy)
    original = await registry.pdf(row)
    assert answer.headers["etag"] == f'"{copy["sha256"]}"'
    assert pdfa_faults(answer.content) == []
    assert attachments(answer.content)[row["file_name"]] == original, "the sealed original as it is"
    root = (registry.kit.settings.seals / "root.pem").read_bytes()
    for pdf in (original, answer.content):
        report = await verify_async(pdf, [root])
        assert (report.bottom_line, report.agency_code) == (True, AGENCY), report.fault
    shown = text_of(answer.content)
    for words in ("สำเนารับรองถูกต้อง", row["sha256"], f"{row['series']}-{row['year']}-{row['running']:06d}", NAME):
        assert words.replace(" ", "") in shown.replace(" ", "").replace("\n", ""), words
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert len(pdf.Root.AF) == 2, "its own data and the original"


async def test_its_name_says_whose_and_what_it_is_and_nothing_of_a_person(registry, issued):
    event, row, person = issued
    await asked(registry, event, person)
    (copy,) = await made(registry, event, person)
    agency, service, application, kind, day, version = copy["file_name"].removesuffix(".pdf").split("_")
    assert (agency, service, application) == (AGENCY, "test-licence", row["application_number"])
    assert kind.endswith("-copy")
    certified_on = date.fromisoformat(copy["certified_on"])
    assert day == f"{certified_on.year + 543}{certified_on:%m%d}"
    assert version == "v1"


async def test_asking_again_on_the_same_day_gives_the_same_copy_however_many_ask_at_once(registry, issued):
    event, _, person = issued
    answers = await asyncio.gather(*(asked(registry, event, person) for _ in range(5)))
    assert {each["copy_number"] for each in answers} == {1}
    await made(registry, event, person)


async def test_another_day_gives_another_copy_with_the_status_of_that_day(registry, issued):
    event, _, person = issued
    await asked(registry, event, person)
    await changed(registry, "UPDATE certified_copy SET certified_on = certified_on - 1")
    await changed(registry, "UPDATE document SET state = 'suspended'")
    await asked(registry, event, person)
    found = await made(registry, event, person, 2)
    assert [(each["copy_number"], each["status"]) for each in found] == [(1, "valid"), (2, "suspended")]
    assert "ถูกพักใช้" in text_of((await file_of(registry, event, person, found[1])).content)


async def test_a_copy_is_made_once_though_it_is_made_twice(registry, issued):
    event, _, person = issued
    await asked(registry, event, person)
    (copy,) = await made(registry, event, person)
    before = (await file_of(registry, event, person, copy)).content
    (row,) = await registry.harness.rows(select(CertifiedCopy))
    await changed(registry, "UPDATE certified_copy SET state = 'requested', sha256 = NULL")
    await certify(registry.kit, str(row["id"]), {})
    (again,) = await made(registry, event, person)
    assert (await file_of(registry, event, person, copy)).content == before
    assert again["sha256"] == copy["sha256"]


async def test_anybody_learns_of_a_copy_what_it_is_and_of_a_changed_one_that_it_is_none(registry, issued):
    event, row, person = issued
    await asked(registry, event, person)
    (copy,) = await made(registry, event, person)
    pdf = (await file_of(registry, event, person, copy)).content
    check = (await registry.client.post("/verifications", content=pdf)).json()
    assert (check["genuine"], check["certified_copy"]["copy_number"]) == (True, 1)
    assert check["verification"]["document"] == str(row["id"])
    assert (await registry.client.post("/verifications", content=pdf + b"\n")).json()["genuine"] is False
    number = f"TEST-{row['year']}-000001"
    for language, words in (("th", "ไฟล์นี้เป็นสำเนารับรองครั้งที่ 1 ของใบอนุญาตทดสอบ"), ("en", "certified copy no. 1 of")):
        page = await on_page(registry, row, pdf, language)
        (result,) = re.findall('<p class="status ([a-z]+)" role="status" id="result">(.*?)</p>', page)
        assert (result[0], words in result[1], number in result[1]) == ("good", True, True)
    assert "This is not the file" in await on_page(registry, row, pdf + b"\n", "en")
    _, other = await registry.issued()
    assert "This is not the file" in await on_page(registry, other, pdf, "en"), "a copy of another document"


async def on_page(registry, row, content, language):
    url = f"/verify/{row['token']}?language={language}"
    return (await registry.client.post(url, files={"file": ("x.pdf", content)})).text


async def test_a_copy_is_of_the_document_that_holds_now_a_substitute_too(registry, issued):
    event, row, person = issued
    _, substitute = await Office(registry, row).substitute(event)
    await asked(registry, event, person)
    (copy,) = await made(registry, event, person)
    assert (copy["document"], copy["original_sha256"]) == (str(substitute["id"]), substitute["sha256"])
    assert "ใบแทน" in text_of((await file_of(registry, event, person, copy)).content)


async def test_a_copy_stays_what_it_is_though_a_substitute_takes_the_place_of_its_document(registry, issued):
    event, row, person = issued
    await asked(registry, event, person)
    (first,) = await made(registry, event, person)
    before = (await file_of(registry, event, person, first)).content
    await Office(registry, row).substitute(event)
    second = await asked(registry, event, person)
    assert (second["copy_number"], second["id"] != first["id"]) == (1, True)
    found = await made(registry, event, person, 2)
    assert [each["id"] for each in found] == [first["id"], second["id"]]
    assert (await file_of(registry, event, person, first)).content == before
    assert (await file_of(registry, event, person, second)).content != before


async def test_a_copy_that_failed_for_good_is_made_when_it_is_asked_for_again(registry, issued, monkeypatch):
    event, _, person = issued
    monkeypatch.setattr(duework, "MOST_ATTEMPTS", 1)
    real, broken = Files.get, b"broken"

    async def changed_file(self, name):
        return await real(self, name) + broken

    async def failed(count):
        rows = await registry.harness.rows(text("SELECT key FROM due_work WHERE failed_at IS NOT NULL ORDER BY id"))
        return [row["key"] for row in rows] if len(rows) == count else None

    monkeypatch.setattr(Files, "get", changed_file)
    copy = await asked(registry, event, person)
    assert await registry.harness.until(partial(failed, 1)) == [copy["id"]]
    assert (await asked(registry, event, person))["id"] == copy["id"]
    keys = await registry.harness.until(partial(failed, 2))
    assert keys == [copy["id"], f"{copy['id']}:2"], "both wait for an operator"
    monkeypatch.setattr(Files, "get", real)
    answers = await asyncio.gather(*(asked(registry, event, person) for _ in range(3)))
    assert {each["id"] for each in answers} == {copy["id"]}
    assert [each["id"] for each in await made(registry, event, person)] == [copy["id"]]


async def test_an_approver_has_a_copy_certified_at_the_counter(registry, issued):
    event, row, person = issued
    approver = registry.harness.officer("approver")
    answer = await registry.client.post(f"/documents/{row['id']}/copies", headers=approver)
    assert answer.status_code == 202, answer.text
    (copy,) = await made(registry, event, person)
    url = f"/documents/{row['id']}/copies/{copy['id']}/document.pdf"
    assert (await registry.client.get(url, headers=approver)).status_code == 200
    stranger = registry.harness.officer("approver", agency="03006000")
    assert (await registry.client.get(url, headers=stranger)).status_code == 404
    assert (await registry.client.post(f"/documents/{row['id']}/copies", headers=stranger)).status_code == 404


async def test_nobody_gets_a_copy_of_what_is_somebody_elses_or_not_there(registry, issued):
    event, _, person = issued
    await asked(registry, event, person)
    (copy,) = await made(registry, event, person)
    stranger, (other, _) = uuid4(), await registry.issued(person=person)
    assert (await registry.client.post(path_of(event), headers=registry.harness.citizen(stranger))).status_code == 404
    for journey, copied, who in ((event, copy["id"], stranger), (event, uuid4(), person), (other, copy["id"], person)):
        answer = await file_of(registry, journey, who, {"id": copied})
        assert answer.json()["type"].removeprefix("urn:paet:problem:") in ("document-not-found", "copy-not-found")


@pytest.mark.req("Y4", part="licences")
async def test_a_copy_that_is_made_while_its_document_is_removed_leaves_no_name_behind(registry, issued):
    event, row, person = issued
    await asked(registry, event, person)
    (copy,) = await made(registry, event, person)
    of_copy = f"WHERE id = '{copy['id']}'"
    unmade = "state = 'requested', file_name = NULL, stored_as = NULL, sha256 = NULL, made_at = NULL"
    await changed(registry, f"UPDATE certified_copy SET {unmade} {of_copy}")
    await changed(registry, f"UPDATE document SET removed_on = '2050-01-01' WHERE id = '{row['id']}'")
    file = StoredFile("22000000_of-an-application.pdf", "x", "x", "copy", ())
    async with registry.kit.database.transaction() as session:
        await commands.keep_copy(session, UUID(copy["id"]), row["id"], file)
    (left,) = await registry.harness.rows(text(f"SELECT state, file_name FROM certified_copy {of_copy}"))
    assert (left["state"], left["file_name"]) == ("requested", None)
