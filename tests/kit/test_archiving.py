"""Documents that last (PAdES B-LTA): proofs and a time-stamp behind the file, judged when the seal has ended."""

import io
import socket
from collections.abc import Iterator
from datetime import timedelta
from random import Random

import httpx
import pytest
from asn1crypto import crl
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import DocumentSecurityStore

from kit.clock import clock
from kit.documents import (
    Composer,
    Credentials,
    DocumentProperties,
    Seal,
    SealError,
    TimestampAway,
    archiving,
    verify,
    verify_async,
)
from kit.documents.archiving import Archive, ProofAway, ProofMissing, stamp_ends
from kit.documents.lasting import is_lasting
from kit.documents.roots import Roots
from kit.retry import is_passing
from tests import pdf as look
from tests.authority import NAME, awake

XML = b"<licence/>"


@pytest.fixture(scope="module")
def document() -> Iterator[bytes]:
    with Composer() as composer:
        yield composer.compose(
            "ใบอนุญาตให้จัดตั้ง",
            {},
            attachment_xml=XML,
            title="ใบอนุญาต",
            author=NAME,
            timestamp=clock.now(),
            properties=DocumentProperties("a.pdf", "1.0", "1/2569", "2.16.764.1.4.100.16.0"),
        )


@pytest.fixture
async def client(authority):
    async with authority.opened() as client:
        await client.stamp(bytes(32))
        yield client


@pytest.fixture
async def archive(authority, client):
    async with authority.archive(client) as archive:
        yield archive


async def sealed(authority, document, client, credentials=None) -> bytes:
    seal = Seal(credentials or authority.credentials, client)
    return await seal.seal_async(document, at=clock.now().replace(microsecond=0), reason="ก")


async def holds_hard(pdf, authority, at, *lists) -> bool:
    """The library's own judgement at level LTA, with proof of every certificate."""
    (seal,) = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    return await is_lasting(seal, Roots(authority.files.root).certificates(), at, lists)


def proved_revoked(pdf) -> set[int]:
    """The serial numbers on the lists inside a document."""
    store = DocumentSecurityStore.read_dss(PdfFileReader(io.BytesIO(pdf)))
    lists = [crl.CertificateList.load(each.get_object().data)["tbs_cert_list"] for each in store.crls]
    return {each["user_certificate"].native for found in lists for each in found["revoked_certificates"]}


@pytest.mark.req("L2", part="long-term validation: B-LTA, in independent readers, with proof of every certificate")
async def test_an_archived_document_holds_by_what_is_in_it(authority, document, client, archive):
    before = await sealed(authority, document, client)
    after = await archive.extend(before)
    assert after.startswith(before)
    assert (await verify_async(after, [authority.root])).bottom_line
    assert await holds_hard(after, authority, clock.now())
    assert not await holds_hard(before, authority, clock.now()), "without proofs nothing is believed"
    assert stamp_ends(after) > clock.now() + timedelta(days=3650)
    found = look.run("pdfsig", after, "-nocert", "{file}").stdout
    assert found.count("Signature Validation: Signature is Valid.") == 1
    assert "ArchiveTimestamp1" in found
    assert found.rindex("Total document signed") > found.index("ArchiveTimestamp1")
    assert look.qpdf_faults(after) == ""
    assert look.pdfa_faults(after) == []
    assert look.xmp(after) == look.xmp(document)
    assert look.attachments(after) == {"data.xml": XML}


@pytest.mark.req("L2", part="one changed byte of an archived document fails")
async def test_one_changed_byte_of_an_archived_document_fails(authority, document, client, archive):
    before = await sealed(authority, document, client)
    after = await archive.extend(before)
    random, start = Random(8), after.rindex(b"/Contents <")
    end = after.index(b">", start)
    places = {len(before), len(before) - 1, start + 11, end, len(after) - 1}
    places |= {random.randrange(len(before), len(after)) for _ in range(8)}
    places |= {random.randrange(start, end) for _ in range(12)} | {random.randrange(len(before)) for _ in range(6)}
    held = [
        each for each in sorted(places)
        if (await verify_async(look.changed(after, each), [authority.root])).bottom_line
    ]  # fmt: skip
    assert held == []


@pytest.mark.req("L2", part="whatever is added after it is flagged")
async def test_what_is_added_to_an_archived_document_is_flagged(authority, document, client, archive):
    after = await archive.extend(await sealed(authority, document, client))
    writer = IncrementalPdfFileWriter(io.BytesIO(after))
    writer.root["/Lang"] = generic.pdf_string("en")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    for added in (out.getvalue(), after + b"\n", after + b"%%EOF\n", after + after[-600:]):
        report = await verify_async(added, [authority.root])
        assert not report.bottom_line
        assert report.fault is not None
    assert not await holds_hard(out.getvalue(), authority, clock.now())


@pytest.mark.req("L9", part="old documents stay valid after their key has ended")
async def test_a_document_outlives_the_certificate_of_its_seal(authority, document, client, archive):
    now = clock.now()
    seal = authority.short_lived(now - timedelta(days=1), days=3)
    unstamped = await seal.seal_async(document, at=now.replace(microsecond=0), reason="ก")
    seal._timestamps = client
    stamped = await seal.seal_async(document, at=now.replace(microsecond=0), reason="ก")
    lasting = await archive.extend(stamped)
    later = now + timedelta(days=400)
    lists = [authority.revoked(later)]
    for short in (unstamped, stamped):
        assert (await verify_async(short, [authority.root])).bottom_line
        assert not (await verify_async(short, [authority.root], at=later, lists=lists)).bottom_line
    report = await verify_async(lasting, [authority.root], at=later, lists=lists)
    assert report.bottom_line, report.fault
    assert not (await verify_async(lasting, [], at=later, lists=lists)).bottom_line
    assert not (await verify_async(look.changed(lasting, 5000), [authority.root], at=later, lists=lists)).bottom_line


@pytest.mark.req("L2", part="the archive time-stamp is renewed")
async def test_an_archive_time_stamp_is_renewed_behind_the_one_before(authority, document, client, archive):
    first = await archive.extend(await sealed(authority, document, client))
    with clock.freeze(clock.now() + timedelta(days=300)):
        second = await archive.extend(first)
        assert second.startswith(first)
        assert (await verify_async(second, [authority.root])).bottom_line
        assert await holds_hard(second, authority, clock.now(), authority.revoked(clock.now()))
    reader = PdfFileReader(io.BytesIO(second))
    assert [each.field_name for each in reader.embedded_timestamp_signatures] == [
        "ArchiveTimestamp1", "ArchiveTimestamp2",
    ]  # fmt: skip


async def test_a_seal_without_a_stamp_gets_the_time_of_the_archive(authority, document, client, archive):
    after = await archive.extend(await sealed(authority, document, None))
    assert (await verify_async(after, [authority.root])).bottom_line


async def test_without_a_list_of_revocations_nothing_is_archived_yet(authority, document, client, archive):
    before = await sealed(authority, document, client)
    authority.misbehave("no-list", times=1)
    with pytest.raises(ProofAway) as caught:
        await archive.extend(before)
    assert is_passing(caught.value)
    with pytest.raises(ProofAway):  # it rests, though the list could be had again
        await archive.extend(before)
    awake(archive)
    authority.misbehave("refuse", times=1)
    with pytest.raises(TimestampAway):
        await archive.extend(before)
    awake(client)
    assert (await archive.extend(before)).startswith(before)


async def test_a_list_that_is_too_old_proves_nothing(authority, document, client, archive):
    archive._found = clock.now(), [authority.revoked(clock.now() - timedelta(days=30))]
    with pytest.raises(ProofMissing):
        await archive.extend(await sealed(authority, document, client))


async def test_a_list_is_found_by_its_address_in_the_certificate(authority, document, client, monkeypatch):
    now = clock.now()
    made = authority.certified(now - timedelta(days=1), now + timedelta(days=9), listed=authority.lists[0])
    before = await sealed(authority, document, client, Credentials.from_pem(*made))
    archive = Archive(client, Roots(authority.files.root), [])
    after = await archive.extend(before)
    assert await holds_hard(after, authority, clock.now())
    monkeypatch.setattr(archiving, "MOST_BYTES", 64)
    with pytest.raises(ProofMissing):
        await archive.extend(before)
    monkeypatch.undo()
    authority.misbehave("no-list")
    with pytest.raises(ProofMissing):
        await archive.extend(before)
    archive.close()


async def test_who_does_not_answer_is_passing_trouble(authority, document, client, monkeypatch):
    now = clock.now()
    monkeypatch.setattr(archiving, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        listed = f"http://127.0.0.1:{silent.getsockname()[1]}/root.crl"
        made = authority.certified(now - timedelta(days=1), now + timedelta(days=9), listed=listed)
        archive = Archive(client, Roots(authority.files.root), [])
        with pytest.raises(ProofAway):
            await archive.extend(await sealed(authority, document, client, Credentials.from_pem(*made)))
    archive.close()


@pytest.mark.req("L2", part="a certificate that was revoked after the time-stamp does not stop the archive")
async def test_a_seal_that_was_revoked_after_its_stamp_is_made_to_last(authority, document, client, archive):
    stamped, bare = await sealed(authority, document, client), await sealed(authority, document, None)
    later = clock.now() + timedelta(days=1)
    with clock.freeze(later):
        lists = [authority.revoked(later, authority.credentials.certificate.serial_number)]
        archive._found = later, lists
        after = await archive.extend(stamped)
        assert (await verify_async(after, [authority.root])).bottom_line
        assert authority.credentials.certificate.serial_number in proved_revoked(after)
        with pytest.raises(SealError, match="revoked"):
            await archive.extend(bare)


async def test_a_seal_that_was_revoked_is_not_made_to_last(authority, document, client, archive):
    before = await sealed(authority, document, client)
    archive._found = clock.now(), [authority.revoked(clock.now(), authority.credentials.certificate.serial_number)]
    with pytest.raises(SealError, match="revoked") as caught:
        await archive.extend(before)
    assert not is_passing(caught.value)


async def test_lists_are_asked_for_once_an_hour(authority, document, client, archive):
    before = await sealed(authority, document, client)
    await archive.extend(before)
    authority.misbehave("no-list")
    await archive.extend(before)


def test_what_has_no_archive_time_stamp_ends_never(document):
    with pytest.raises(ValueError, match="without an archive time-stamp"):
        stamp_ends(document)


def test_the_proofs_are_not_read_from_what_is_no_pdf(authority):
    assert httpx.get(authority.lists[0]).status_code == 200
    assert not verify(b"%PDF-1.7 nothing", [authority.root]).bottom_line
