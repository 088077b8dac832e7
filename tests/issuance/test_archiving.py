"""Issued documents carry a time-stamp and are made to last; every version that was given out stays genuine."""

import hashlib
import io
import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy import select, text

from kit.clock import clock
from kit.contracts.claims import DecisionClaim
from kit.documents import Composer, Credentials, SealError, TimestampAway, TokenAway, verify_async
from kit.documents.archiving import Archive
from kit.documents.lasting import is_lasting
from kit.documents.roots import Roots
from kit.documents.seals import Seals
from kit.documents.timestamps import Timestamps
from kit.duework import Later
from kit.storage import Files
from services.issuance import commands, domain
from services.issuance.duework import archive as archive_work
from services.issuance.duework import archiving, plan_archives
from services.issuance.duework.stored import FileChanged
from services.issuance.models import ArchivedFile
from tests import pdf
from tests.authority import awake
from tests.issuance.conftest import DIGEST, Office, Registry, licence

PLANNED = text("SELECT key, due_at, attempts, error FROM due_work WHERE kind = 'archive' ORDER BY key")


@pytest.fixture
async def stamped(harness_of, authority):
    """Issuance with an authority for time-stamps, its files made to last when the test says so."""
    more = {"timestamp_url": f"{authority.url}/", "revocation_lists": authority.lists, "seal_dir": authority.folder}
    async with harness_of("issuance", **more) as harness:
        harness.publish(licence())
        yield Registry(harness)


def digest(file: bytes) -> str:
    return hashlib.sha256(file).hexdigest()


async def versions(registry):
    rows = await registry.harness.rows(select(ArchivedFile).order_by(ArchivedFile.version))
    return [(row["version"], row["sha256"]) for row in rows]


async def archive(registry, row, version=2):
    """Do the due work of a version of a document's file now."""
    await archive_work(registry.kit, f"{row['id']}:{version}", {})


@pytest.mark.req("L2", part="the seal carries a time-stamp and names the decision that was signed")
@pytest.mark.req("L9", part="the metrics say when each agency's seal ends")
async def test_an_issued_document_carries_a_time_stamp_and_the_decision(stamped, authority):
    event, row = await stamped.issued()
    report = await verify_async(await stamped.pdf(row), [authority.root])
    assert report.bottom_line, report.fault
    assert report.stamped_at is not None
    decision = DecisionClaim.model_validate(stamped.peers.claims["approval", "decisions"][str(event.journey)])
    assert report.refers_to is not None
    assert (report.refers_to.uri, report.refers_to.sha256) == (f"urn:uuid:{decision.decision}", DIGEST)
    (planned,) = await stamped.harness.rows(PLANNED)
    assert planned["key"] == f"{row['id']}:2"
    assert planned["due_at"] - row["issued_at"] == timedelta(hours=24)

    async def shown():
        lines = (await stamped.client.get("/metrics")).text.splitlines()
        return [line for line in lines if line.startswith("paet_seal_ends{") and 'agency="22000000"' in line]

    (line,) = await stamped.harness.until(shown, seconds=60)
    assert float(line.rpartition(" ")[2]) > (clock.now() + timedelta(days=3650)).timestamp()


@pytest.mark.req("L2")
async def test_an_issued_document_is_all_that_is_asked_of_it_and_stays_so(stamped, authority):
    event, row = await stamped.issued()
    await archive(stamped, row)
    file = await stamped.kit.resource(Files).get(domain.archived_name(row["stored_as"], 2))
    assert pdf.pdfa_faults(file) == []
    assert list(pdf.attachments(file)) == ["document.xml"]
    expected = {"DocumentFileName": row["file_name"], "DocumentReferenceID": f"TEST-{row['year']}-000001"}
    for name, value in (expected | {"DocumentVersion": "1"}).items():
        assert f"<ed:{name}>{value}</ed:{name}>" in pdf.xmp(file)
    assert re.search(r"<ed:DocumentOID>2\.25\.\d+</ed:DocumentOID>", pdf.xmp(file))
    assert pdf.qpdf_faults(file) == ""
    assert "Signature Validation: Signature is Valid." in pdf.run("pdfsig", file, "-nocert", "{file}").stdout
    (seal,) = PdfFileReader(io.BytesIO(file)).embedded_regular_signatures
    roots = Roots(authority.files.root).certificates()
    assert await is_lasting(seal, roots, clock.now()), "every certificate is proved by what is in the file"
    report = await verify_async(file, [authority.root])
    assert (report.bottom_line, report.agency_code) == (True, "22000000")
    decision = DecisionClaim.model_validate(stamped.peers.claims["approval", "decisions"][str(event.journey)])
    assert report.refers_to is not None
    assert (report.refers_to.uri, report.refers_to.sha256) == (f"urn:uuid:{decision.decision}", decision.digest)
    for offset in range(99, len(file), len(file) // 6):
        assert not (await verify_async(pdf.changed(file, offset), [authority.root])).bottom_line


@pytest.mark.req("L2", part="made to last in the background; every version that was given out is genuine")
async def test_every_version_of_a_file_is_genuine_and_the_last_is_given_out(stamped, authority):
    person = uuid4()
    event, row = await stamped.issued(person=person)
    first = await stamped.pdf(row)
    await archive(stamped, row)
    await archive(stamped, row)  # once more changes nothing
    owner = stamped.harness.citizen(person)
    answer = await stamped.client.get(f"/journeys/{event.journey}/document.pdf", headers=owner)
    second = answer.content
    assert second.startswith(first)
    assert len(second) > len(first)
    assert answer.headers["etag"] == f'"{digest(second)}"'
    shown = (await stamped.client.get(f"/journeys/{event.journey}/document", headers=owner)).json()
    assert shown["sha256"] == digest(second)
    assert await versions(stamped) == [(2, digest(second))]
    late = ArchivedFile(
        document_id=row["id"], version=2, stored_as="x", sha256="y", archived_at=clock.now(), ends_at=clock.now()
    )
    async with stamped.kit.database.transaction() as session:  # somebody who made the same version meanwhile
        await commands.add_version(session, late, clock.now() + timedelta(days=1), row["journey_id"])
    assert await versions(stamped) == [(2, digest(second))]
    assert (await verify_async(second, [authority.root])).bottom_line
    for file in (first, second):
        said = (await stamped.client.post("/verifications", content=file)).json()
        assert (said["genuine"], said["verification"]["number"]) == (True, f"TEST-{row['year']}-000001")
        assert said["verification"]["files"] == [digest(first), digest(second)]
        page = await stamped.client.post(f"/verify/{row['token']}", files={"file": ("x.pdf", file)})
        assert "ไฟล์นี้ตรงกับฉบับที่หน่วยงานออกทุกประการ" in page.text
        assert digest(file) in page.text
    for forged in (second[:-1], second + b"\n", first + second[len(first) + 1 :]):
        assert (await stamped.client.post("/verifications", content=forged)).json()["genuine"] is False


@pytest.mark.req("L2", part="the archive time-stamp is renewed before its certificate ends")
async def test_the_archive_time_stamp_is_renewed_in_time(stamped, authority):
    _, row = await stamped.issued()
    await archive(stamped, row)
    made = (await stamped.harness.rows(select(ArchivedFile)))[0]
    planned = {each["key"]: each["due_at"] for each in await stamped.harness.rows(PLANNED)}
    assert planned[f"{row['id']}:3"] == made["ends_at"] - timedelta(days=90)
    await archive(stamped, row, 3)
    assert [version for version, _ in await versions(stamped)] == [2, 3]
    newest = (await stamped.harness.rows(select(ArchivedFile).where(ArchivedFile.version == 3)))[0]
    files = stamped.kit.resource(Files)
    assert (await files.get(newest["stored_as"])).startswith(await files.get(made["stored_as"]))
    assert (await verify_async(await files.get(newest["stored_as"]), [authority.root])).bottom_line


def test_a_renewal_comes_before_the_end_and_never_at_once():
    now, day = clock.now(), timedelta(days=1)
    assert domain.renewal_at(now + 900 * day, 90 * day, now) == now + 810 * day
    assert domain.renewal_at(now + 60 * day, 90 * day, now) == now + 30 * day
    assert domain.renewal_at(now + day / 2, 90 * day, now) == now + day, "no sooner than in a day"
    assert domain.renewal_at(now + 100 * day, 90 * day, now) == now + 50 * day


@pytest.mark.req("L2", part="what a crash left between store and register is the version")
async def test_a_version_that_was_stored_before_a_crash_is_the_version(stamped, authority):
    _, row = await stamped.issued()
    stored = await stamped.kit.resource(Archive).extend(await stamped.pdf(row))
    await stamped.kit.resource(Files).put(domain.archived_name(row["stored_as"], 2), stored)
    authority.misbehave("outage")  # nothing has to be made any more
    await archive(stamped, row)
    assert await versions(stamped) == [(2, digest(stored))]


async def test_a_file_that_was_changed_in_the_store_is_not_made_to_last(stamped):
    _, row = await stamped.issued()
    path = Path(stamped.kit.settings.storage_url.removeprefix("file://")) / row["stored_as"]
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(FileChanged):
        await archive(stamped, row)
    assert await versions(stamped) == []


async def look(registry, payload=None):
    """Look for what has no plan; the payload with which to look on at once, None where all was looked at."""
    try:
        await plan_archives(registry.kit, "all", payload or {})
    except Later as later:
        return later.payload


async def forget(registry):
    async with registry.kit.database.engine.begin() as connection:
        await connection.execute(text("DELETE FROM due_work WHERE kind = 'archive'"))


@pytest.mark.req("L2", part="what was sealed while there was no authority is made to last once there is one")
async def test_without_an_authority_files_wait_for_one(stamped, monkeypatch):
    monkeypatch.setattr(stamped.kit.settings, "timestamp_policy", "none")
    _, row = await stamped.issued()
    assert await stamped.harness.rows(PLANNED) == []
    assert await look(stamped) is None
    assert await stamped.harness.rows(PLANNED) == []
    with pytest.raises(Later):
        await archive(stamped, row)
    monkeypatch.setattr(stamped.kit.settings, "timestamp_policy", "required")
    for _ in range(2):
        assert await look(stamped) is None
        (planned,) = await stamped.harness.rows(PLANNED)
        assert planned["key"] == f"{row['id']}:2"
        assert planned["due_at"] - row["issued_at"] == timedelta(hours=24)
    await archive(stamped, row)
    assert [version for version, _ in await versions(stamped)] == [2]


@pytest.mark.req("L2", part="a plan that was lost is made anew, for each version, batch by batch")
async def test_files_whose_plan_was_lost_are_planned_again_in_batches(stamped, monkeypatch):
    _, first = await stamped.issued()
    _, second = await stamped.issued()
    await archive(stamped, first)
    planned = {each["key"]: each["due_at"] for each in await stamped.harness.rows(PLANNED)}
    await forget(stamped)
    monkeypatch.setattr(archiving, "BATCH", 1)
    after = await look(stamped)
    assert [each["key"] for each in await stamped.harness.rows(PLANNED)] == [f"{first['id']}:3"]
    after = await look(stamped, after)
    assert await look(stamped, after) is None
    again = {each["key"]: each["due_at"] for each in await stamped.harness.rows(PLANNED)}
    assert again == {f"{first['id']}:3": planned[f"{first['id']}:3"], f"{second['id']}:2": planned[f"{second['id']}:2"]}


def test_what_is_late_is_spread_over_a_week_and_what_is_not_comes_in_time():
    now, day = clock.now(), timedelta(days=1)
    assert domain.first_archive_at(now - day / 2, day, now, 0.5) == now + day / 2
    assert domain.first_archive_at(now - 100 * day, day, now, 0) == now
    assert domain.first_archive_at(now - 100 * day, day, now, 0.5) == now + 3.5 * day


@pytest.mark.req("L2", part="an authority that is away holds documents up and loses none")
async def test_while_the_authority_is_away_documents_wait_and_no_number_is_lost(stamped, authority):
    authority.misbehave("outage")
    event = stamped.arrive()
    await stamped.harness.deliver(event)

    async def tried():
        rows = await stamped.harness.rows(text("SELECT error FROM due_work WHERE kind = 'issue' AND attempts > 0"))
        return [row for row in rows if "time-stamp authority" in row["error"]]

    await stamped.harness.until(tried, seconds=60)
    assert (await stamped.document(event))["state"] in ("requested", "issuing")
    authority.behave()
    awake(stamped.kit.resource(Seals)._timestamps)
    (row,) = await stamped.settled(event)
    assert [each["state"] for each in await stamped.numbers()] == ["issued"]
    assert (await verify_async(await stamped.pdf(row), [authority.root])).stamped_at is not None


@pytest.mark.req("L9", part="a token that does not answer holds documents up and loses none")
async def test_while_a_token_does_not_answer_documents_wait_and_no_number_is_lost(registry, monkeypatch):
    def away(self, data):
        raise TokenAway("has not answered for 10 seconds")

    event, tried = registry.arrive(), text("SELECT 1 FROM due_work WHERE kind = 'issue' AND error LIKE 'TokenAway%'")
    with monkeypatch.context() as while_it_is_away:
        while_it_is_away.setattr(Credentials, "sign", away)
        await registry.harness.deliver(event)
        await registry.harness.until(lambda: registry.harness.rows(tried), seconds=60)
        assert (await registry.document(event))["state"] == "issuing"
    async with registry.kit.database.engine.begin() as connection:
        await connection.execute(text("UPDATE due_work SET due_at = now()"))
    await registry.settled(event)
    assert [each["state"] for each in await registry.numbers()] == ["issued"]


async def test_roots_that_cannot_be_read_hold_documents_up_before_they_have_a_number(harness_of, authority, tmp_path):
    roots = tmp_path / "roots.pem"
    more = {"timestamp_url": f"{authority.url}/", "seal_dir": authority.folder, "seal_roots": roots}
    async with harness_of("issuance", **more) as harness:
        harness.publish(licence())
        registry = Registry(harness)
        event = registry.arrive()
        await harness.deliver(event)

        async def tried():
            return await harness.rows(text("SELECT 1 FROM due_work WHERE kind = 'issue' AND attempts > 1"))

        await harness.until(tried, seconds=60)
        assert (await registry.document(event))["state"] == "requested"
        assert await registry.numbers() == []
        roots.write_bytes(authority.root)
        await registry.settled(event)
        roots.unlink()
        await registry.issued()


async def test_what_proves_a_file_and_is_away_is_asked_for_an_hour_later_or_a_day(stamped, authority):
    _, row = await stamped.issued()
    authority.misbehave("no-list")
    for hours, fault in ((1, None), (24, [])):
        stamped.kit.resource(Archive)._found = None if fault is None else (clock.now(), fault)
        with pytest.raises(Later) as caught:
            await archive(stamped, row)
        assert caught.value.at > clock.now() + timedelta(hours=hours, minutes=-5)
    assert await versions(stamped) == []


async def test_while_no_seal_can_be_put_on_copies_and_substitutes_wait_without_work(stamped, monkeypatch):
    def away(self):
        raise TimestampAway("away")

    async def composed(self, *args, **named):
        pytest.fail("composed for nothing")

    event, row = await stamped.issued(person=uuid4())
    monkeypatch.setattr(Seals, "check", away)
    monkeypatch.setattr(Composer, "compose_async", composed)
    office = Office(stamped, row)
    wish = (await office.lose()).json()["id"]
    assert (await office.post(f"/substitutes/{wish}/grant")).status_code == 202
    assert (await office.post(f"/documents/{row['id']}/copies")).status_code < 300

    async def tried():
        query = text("SELECT error FROM due_work WHERE kind IN ('reissue', 'certify') AND attempts > 0")
        rows = await stamped.harness.rows(query)
        return rows if len(rows) == 2 else []

    assert {each["error"] for each in await stamped.harness.until(tried, seconds=60)} == {"TimestampAway: away"}
    assert [each["state"] for each in await stamped.family(event)] == ["issued", "requested"]


@pytest.mark.req("L2", part="where time-stamps may be deferred the archive brings them")
async def test_a_deferred_time_stamp_comes_with_the_archive(harness_of, authority):
    more = {"timestamp_url": f"{authority.url}/", "revocation_lists": authority.lists, "seal_dir": authority.folder}
    async with harness_of("issuance", **more, timestamp_policy="deferred") as harness:
        harness.publish(licence())
        registry = Registry(harness)
        authority.misbehave("outage")
        _, row = await registry.issued()
        report = await verify_async(await registry.pdf(row), [authority.root])
        assert (report.bottom_line, report.stamped_at) == (True, None)
        authority.behave()
        client = registry.kit.resource(Archive)._timestamps
        assert isinstance(client, Timestamps)
        awake(client)
        await archive(registry, row)
        assert [version for version, _ in await versions(registry)] == [2]


@pytest.mark.req("L9", part="an agency without a key that holds issues nothing, and the operator is told why")
async def test_a_seal_that_has_ended_fails_the_document_before_it_has_a_number(stamped, monkeypatch):
    async def ended(self, agency, name):
        raise SealError("no key of the seal of 22000000 can be used now (a certificate ended on 2026-01-01)")

    monkeypatch.setattr(Seals, "of", ended)
    event = stamped.arrive()
    await stamped.harness.deliver(event)
    (row,) = await stamped.settled(event, state="failed")
    assert (row["reason"], row["year"]) == ("seal-error", None)
    assert "ended on 2026-01-01" in row["fault"]
    assert await stamped.numbers() == []
