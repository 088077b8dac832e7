"""HTTP of issuance: owners only, the public register and its page, files that are checked, what delivery may know."""

import base64
import hashlib
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update
from starlette.datastructures import UploadFile
from uuid_utils.compat import uuid7

from kit.clock import clock
from kit.problems import MAX_FILE
from kit.storage import Files
from services.issuance.models import Document
from tests.issuance.conftest import FORM, NAME, PID, PID_MASKED

PATHS = ("document", "document.pdf")


@pytest.fixture
async def issued(registry):
    person = uuid4()
    event, row = await registry.issued(person=person)
    return event, row, registry.harness.citizen(person)


async def set_state(registry, row, **values):
    async with registry.kit.database.engine.begin() as connection:
        await connection.execute(update(Document).where(Document.id == row["id"]).values(**values))


# The holder ------------------------------------------------------------------------------------------------------


async def test_the_owner_sees_the_document(registry, issued):
    event, row, owner = issued
    answer = await registry.client.get(f"/journeys/{event.journey}/document", headers=owner)
    body = answer.json()
    assert (body["number"], body["status"]) == (f"TEST-{row['year']}-000001", "valid")
    assert (body["sha256"], body["file_name"]) == (row["sha256"], row["file_name"])
    assert body["verify_url"].endswith(f"/verify/{row['token']}")
    assert answer.headers["cache-control"] == "no-store"


async def test_the_owner_downloads_the_sealed_file(registry, issued):
    event, row, owner = issued
    answer = await registry.client.get(f"/journeys/{event.journey}/document.pdf", headers=owner)
    assert hashlib.sha256(answer.content).hexdigest() == row["sha256"]
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["etag"] == f'"{row["sha256"]}"'
    assert answer.headers["cache-control"] == "no-store"
    (name,) = re.findall(r'^attachment; filename="([A-Za-z0-9._-]+)"$', answer.headers["content-disposition"])
    day = f"{row['issued_on'].year + 543}{row['issued_on']:%m%d}"
    assert name == f"22000000_test-licence_22000000-FOOD-69-000001_test-licence_{day}_v1.pdf"
    again = await registry.client.get(
        f"/journeys/{event.journey}/document.pdf", headers=owner | {"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", PATHS)
async def test_nobody_else_finds_it(registry, issued, path):
    event, _, _ = issued
    for headers in (registry.harness.citizen(), registry.harness.holder(event.journey)):
        answer = await registry.client.get(f"/journeys/{event.journey}/{path}", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:paet:problem:document-not-found")
    officer = registry.harness.officer("reviewer", "administrator")
    assert (await registry.client.get(f"/journeys/{event.journey}/{path}", headers=officer)).status_code == 403
    assert (await registry.client.get(f"/journeys/{event.journey}/{path}")).status_code == 401


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_not_issued_yet_is_not_found_as_an_unknown_journey_is_not(registry, path):
    person = uuid4()
    event = registry.arrive(person=person, form={"shop_name": "\U0001f600", "area": 1})
    await registry.harness.deliver(event)
    await registry.settled(event, state="failed")
    owner = registry.harness.citizen(person)
    answers = [
        await registry.client.get(f"/journeys/{journey}/{path}", headers=owner) for journey in (event.journey, uuid7())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["title"] == answers[1].json()["title"]


# The register ----------------------------------------------------------------------------------------------------


@pytest.mark.req("L4", part="API without login")
async def test_anybody_may_ask_what_a_document_is_worth(registry, issued):
    _, row, _ = issued
    answer = await registry.client.get(f"/verifications/{row['token'].lower()}")
    body = answer.json()
    assert (body["status"], body["number"], body["sha256"]) == ("valid", f"TEST-{row['year']}-000001", row["sha256"])
    assert body["status_words"] == {"th": "มีผลใช้ได้", "en": "Valid"}
    assert [(field["name"], field["value"]) for field in body["fields"]] == [
        ("shop_name", FORM["shop_name"]),
        ("area", "120"),
    ]
    for secret in (NAME, PID, PID_MASKED, FORM["place_address"], str(row["person_id"]), str(row["journey_id"])):
        assert secret not in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.req("L4", part="live status")
async def test_the_status_is_that_of_this_moment(registry, issued):
    _, row, _ = issued

    async def status():
        return (await registry.client.get(f"/verifications/{row['token']}")).json()["status"]

    with clock.freeze(clock.now()) as advance:
        advance(timedelta(days=364))
        assert await status() == "valid"
        advance(timedelta(days=3))
        assert await status() == "expired"
    for state in ("suspended", "revoked", "replaced"):
        await set_state(registry, row, state=state)
        assert await status() == state
    page = await registry.client.get(f"/verify/{row['token']}?language=en")
    assert "Replaced by a newer document" in page.text


@pytest.mark.req("L4", part="unknown token")
async def test_an_unknown_code_is_404_and_says_nothing_else(registry, issued):
    _, row, _ = issued
    token = row["token"]
    wrong = token[:-1] + ("Z" if token[-1] != "Z" else "Y")
    foreign = "0" * 34
    for typed in (wrong, foreign, "x", "..%2f..%2fetc", "ก" * 34, "<script>alert(1)</script>"):
        answer = await registry.client.get(f"/verifications/{typed}")
        assert answer.status_code == 404
        page = await registry.client.get(f"/verify/{typed}")
        assert (page.status_code, page.headers["content-type"].partition(";")[0]) in (
            (404, "text/html"),
            (404, "application/problem+json"),  # a slash makes another address
        )
        assert "<script" not in page.text


async def test_a_document_whose_number_is_void_is_not_on_the_register(registry):
    event = registry.arrive(form={"shop_name": "\U0001f600", "area": 1})
    await registry.harness.deliver(event)
    (row,) = await registry.settled(event, state="failed")
    assert (await registry.client.get(f"/verifications/{row['token']}")).status_code == 404


@pytest.mark.req("L4")
async def test_the_page_is_accessible_escaped_and_without_scripts(registry, issued):
    _, row, _ = issued
    answer = await registry.client.get(f"/verify/{row['token']}", headers={"Accept-Language": "en-GB,en"})
    page = answer.text
    assert answer.status_code == 200
    assert '<html lang="en">' in page
    assert "<h1>Test licence</h1>" in page
    assert "Valid until" in page
    assert "ร้านข้าวแกงแม่สมใจ &amp; Sons &lt;สาขา ๒&gt;" in page
    assert "<script" not in page
    assert not re.findall(r'\son\w+=|style="|src=|<iframe|http-equiv', page)
    assert '<label for="file">' in page
    assert 'href="?language=th" lang="th"' in page
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == {
        "default-src": "'none'", "style-src": f"'sha256-{digest}'", "form-action": "'self'", "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }  # fmt: skip
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    thai = (await registry.client.get(f"/verify/{row['token']}")).text
    assert '<html lang="th">' in thai
    assert "<h1>ใบอนุญาตทดสอบ</h1>" in thai
    assert "ใช้ได้ถึงวันที่" in thai
    for secret in (NAME, PID, PID_MASKED):
        assert secret not in page + thai


@pytest.mark.req("L4", part="is this file genuine, by upload")
async def test_a_file_is_genuine_to_the_last_byte_or_not_at_all(registry, issued):
    _, row, _ = issued
    file = await registry.pdf(row)
    found = (await registry.client.post("/verifications", content=file)).json()
    assert (found["genuine"], found["sha256"]) == (True, row["sha256"])
    assert found["verification"]["number"] == f"TEST-{row['year']}-000001"
    for other in (file + b"\n", file[:-1], b"", b"%PDF-1.7 anything"):
        found = (await registry.client.post("/verifications", content=other)).json()
        assert (found["genuine"], found["verification"]) == (False, None)
    for content, words in ((file, "This is exactly the file"), (file + b" ", "This is not the file")):
        answer = await registry.client.post(f"/verify/{row['token']}?language=en", files={"file": ("x.pdf", content)})
        assert answer.status_code == 200
        assert words in answer.text
    unknown = await registry.client.post(f"/verify/{'0' * 34}", files={"file": ("x.pdf", file)})
    assert unknown.status_code == 404
    assert (await registry.client.post(f"/verify/{row['token']}", data={})).status_code == 422
    large = await registry.client.post("/verifications", content=b"0" * (MAX_FILE + 1))
    assert large.status_code == 413


async def test_no_connection_is_held_while_a_file_comes_or_is_read(registry, issued, monkeypatch):
    event, row, owner = issued
    file = await registry.pdf(row)

    def beside(method):
        async def after_another(*arguments):
            await registry.harness.read_beside()
            return await method(*arguments)

        return after_another

    async def slowly():
        yield file[:1000]
        await registry.harness.read_beside()
        yield file[1000:]

    files = registry.kit.resource(Files)
    monkeypatch.setattr(files, "get", beside(files.get))
    monkeypatch.setattr(UploadFile, "read", beside(UploadFile.read))
    async with registry.harness.one_connection():
        downloaded = await registry.client.get(f"/journeys/{event.journey}/document.pdf", headers=owner)
        assert downloaded.content == file
        assert (await registry.client.post("/verifications", content=slowly())).json()["genuine"]
        page = await registry.client.post(f"/verify/{row['token']}?language=en", files={"file": ("x.pdf", file)})
        assert "This is exactly the file" in page.text


# Other services and operators ------------------------------------------------------------------------------------


async def test_delivery_may_know_what_was_issued_and_nobody_else(registry, issued):
    event, row, _ = issued
    ids = {"ids": [str(event.journey), str(uuid7())]}
    delivery = registry.harness.as_service("delivery")
    items = (await registry.client.post("/internal/claims/documents", json=ids, headers=delivery)).json()["items"]
    assert set(items) == {str(event.journey)}
    claim = items[str(event.journey)]
    assert (claim["number"], claim["sha256"]) == (f"TEST-{row['year']}-000001", row["sha256"])
    assert claim["verify_url"] == f"http://127.0.0.1:8000/verify/{row['token']}"
    other = registry.harness.as_service("search")
    assert (await registry.client.post("/internal/claims/documents", json=ids, headers=other)).status_code == 403


async def test_what_is_stuck_is_listed_for_the_administrators_of_its_agency(registry, issued):
    event = registry.arrive(form={"shop_name": "\U0001f600", "area": 1})
    await registry.harness.deliver(event)
    (row,) = await registry.settled(event, state="failed")
    administrator = registry.harness.officer("administrator")
    (listed,) = (await registry.client.get("/documents", headers=administrator)).json()
    assert (listed["id"], listed["reason"]) == (str(row["id"]), "unprintable-character")
    stranger = registry.harness.officer("administrator", agency="12007000")
    assert (await registry.client.get("/documents", headers=stranger)).json() == []
    assert (await registry.client.get("/documents", headers=registry.harness.officer("reviewer"))).status_code == 403
    path = f"/documents/{row['id']}/retry"
    assert (await registry.client.post(path, headers=stranger)).status_code == 404
    assert (await registry.client.post(path, headers=registry.harness.officer("reviewer"))).status_code == 403


async def test_an_issued_document_is_never_tried_again(registry, issued):
    _, row, _ = issued
    answer = await registry.client.post(
        f"/documents/{row['id']}/retry", headers=registry.harness.officer("administrator")
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:paet:problem:document-settled")
    assert len(await registry.numbers()) == 1


async def test_the_gateway_has_its_section_checked(registry):
    from kit.contracts.definition import section_for
    from kit.contracts.journey import Process
    from tests.issuance.conftest import licence

    gateway = registry.harness.as_service("gateway")
    for template, count in ((None, 0), ("#data.number #qr-block(", 1)):
        section = section_for(licence(template), Process.ISSUANCE).model_dump(mode="json")
        answer = await registry.client.post("/internal/definitions/check", json=section, headers=gateway)
        assert len(answer.json()["faults"]) == count, answer.text
