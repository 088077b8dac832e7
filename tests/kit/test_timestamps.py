"""Seals with time-stamps (PAdES B-T): asked of a real authority, believed only when everything about them is right."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from random import Random

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from kit.clock import clock
from kit.documents import Composer, DocumentProperties, Reference, Seal, TimestampAway, verify, verify_async
from kit.documents.roots import Roots
from kit.documents.timestamps import REST_SECONDS, Timestamps, ends_at
from kit.local.doubles import NotDevelopmentError, mail, running, tsa
from kit.local.doubles.tsa import MODES
from kit.local.doubles.tsa_signer import Signer
from kit.local.ports import free_port
from kit.retry import is_passing
from tests import pdf as look
from tests.authority import NAME, awake

DECISION = Reference("urn:uuid:0193541e-7b1c-7000-8000-000000000001", "ab" * 32)
OF_A_STAMP = sorted(MODES.keys() - {"slow", "no-list"})


@pytest.fixture(scope="module")
def document() -> Iterator[bytes]:
    with Composer() as composer:
        yield composer.compose(
            "ใบอนุญาตให้จัดตั้ง",
            {},
            attachment_xml=b"<licence/>",
            title="ใบอนุญาต",
            author=NAME,
            timestamp=clock.now(),
            properties=DocumentProperties("a.pdf", "1.0", "1/2569", "2.16.764.1.4.100.16.0"),
        )


async def sealed(authority, document, client, **more) -> bytes:
    at = clock.now().replace(microsecond=0)
    return await Seal(authority.credentials, client).seal_async(document, at=at, reason="ก", refers_to=DECISION, **more)


@pytest.fixture
async def stamped(authority, document) -> bytes:
    async with authority.opened() as client:
        await client.stamp(bytes(32))  # after the first one no more room is left than a stamp takes
        return await sealed(authority, document, client)


@pytest.mark.req("L2", part="PAdES B-T: a time-stamp on the seal, in independent readers")
async def test_a_seal_carries_the_time_of_the_authority(authority, document, stamped):
    report = await verify_async(stamped, [authority.root])
    assert report.bottom_line, report.fault
    assert report.stamped_at is not None
    assert abs(report.stamped_at - clock.now()) < timedelta(minutes=1)
    assert report.refers_to == DECISION
    found = look.pdfsig_of(stamped)
    assert found["Signature Validation"] == "Signature is Valid."
    assert found["Signature Type"] == "ETSI.CAdES.detached"
    assert found["Coverage"] == "Total document signed"
    assert look.qpdf_faults(stamped) == ""
    assert stamped.startswith(document)
    assert look.pdfa_faults(stamped) == []
    assert look.xmp(stamped) == look.xmp(document)
    assert "<ed:DocumentReferenceID>1/2569</ed:DocumentReferenceID>" in look.xmp(stamped)


@pytest.mark.req("L2", part="one changed byte fails, in the time-stamp too")
def test_one_changed_byte_fails_in_the_stamp_too(authority, stamped):
    start = stamped.rindex(b"/Contents <") + 11
    end = stamped.index(b">", start)
    token = stamped.index(b"2A864886F70D010910020E", start)  # id-aa-timeStampToken, signed by nobody
    assert token < end
    places = {start - 1, end, *range(token - 20, token + 24)}
    places |= set(Random(8).sample(range(token, end), 24)) | set(Random(9).sample(range(len(stamped)), 8))
    held = [each for each in sorted(places) if verify(look.changed(stamped, each), [authority.root]).bottom_line]
    assert held == []


@pytest.mark.parametrize("mode", OF_A_STAMP)
async def test_a_stamp_that_is_not_right_is_not_taken(authority, document, mode):
    async with authority.opened() as client:
        authority.misbehave(mode, times=1)
        with pytest.raises(TimestampAway) as caught:
            await sealed(authority, document, client)
        assert is_passing(caught.value)
        with pytest.raises(TimestampAway):  # it rests, and nothing is composed or sealed for nothing
            client.check()
        awake(client)
        assert (await verify_async(await sealed(authority, document, client), [authority.root])).stamped_at


async def test_an_authority_that_is_away_is_not_asked_for_every_document(authority, document):
    client = Timestamps(f"http://127.0.0.1:{free_port()}/", Roots(authority.files.root))
    with pytest.raises(TimestampAway, match="cannot be used now"):
        await client.stamp(bytes(32))
    before = client._rests_until
    with pytest.raises(TimestampAway, match="cannot be used now"):
        await client.stamp(bytes(32))
    assert client._rests_until == before
    assert REST_SECONDS < 60
    await client.close()


async def test_roots_that_cannot_be_read_are_passing_trouble_and_the_last_ones_count(authority, document, tmp_path):
    file = tmp_path / "roots.pem"
    client = Timestamps(f"{authority.url}/", Roots(file))
    for ask in (lambda: client.stamp(bytes(32)), lambda: asyncio.to_thread(client.check)):
        with pytest.raises(TimestampAway, match="roots of trust") as caught:
            await ask()
        assert is_passing(caught.value)
    file.write_bytes(authority.root)
    client.check()
    file.write_bytes(authority.root[:40])  # somebody is just writing it
    assert (await verify_async(await sealed(authority, document, client), [authority.root])).stamped_at
    file.unlink()
    client.check()
    assert (await verify_async(await sealed(authority, document, client), [authority.root])).stamped_at
    await client.close()


async def test_where_stamps_may_be_deferred_a_seal_does_without(authority, document):
    async with authority.opened(policy="deferred") as client:
        authority.misbehave("outage")
        report = await verify_async(await sealed(authority, document, client), [authority.root])
        assert (report.bottom_line, report.stamped_at) == (True, None)
        client.check()


async def test_many_seals_at_once_each_have_their_own_stamp(authority, document):
    async with authority.opened() as client:
        made = await asyncio.gather(*(sealed(authority, document, client, field_name=f"S{n}") for n in range(5)))
        reports = [await verify_async(each, [authority.root]) for each in made]
        assert all(report.bottom_line and report.stamped_at for report in reports)


async def test_a_stamp_that_is_longer_than_the_room_left_for_it_still_fits(authority, document):
    async with authority.opened() as client:
        await client.stamp(bytes(32))
        client.room = 100
        assert (await verify_async(await sealed(authority, document, client), [authority.root])).bottom_line


async def test_a_stamp_says_when_its_certificate_ends(authority):
    async with authority.opened() as client:
        assert ends_at(await client.stamp(bytes(32))) > clock.now() + timedelta(days=3650)


async def test_an_authority_of_another_root_is_not_believed(authority, document, tmp_path, monkeypatch):
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    with running(tsa.create_app(tmp_path / "other"), free_port()) as url:
        client = Timestamps(f"{url}/", Roots(authority.files.root))
        with pytest.raises(TimestampAway, match="not trusted"):
            await client.stamp(bytes(32))
        await client.close()


async def test_a_stamp_by_a_key_that_is_for_seals_is_not_believed(authority, monkeypatch):
    key, now = rsa.generate_private_key(65537, 2048), clock.now()
    _, certificate = authority.certified(now - timedelta(days=1), now + timedelta(days=1), public=key.public_key())
    signer = Signer(key, x509.load_pem_x509_certificate(certificate))

    async def ask(request: bytes) -> bytes:
        return signer.reply(request, clock.now(), 7, dict.fromkeys(MODES, False))

    async with authority.opened() as client:
        monkeypatch.setattr(client, "_ask", ask)
        with pytest.raises(TimestampAway, match="not trusted"):
            await client.stamp(bytes(32))


def test_the_double_stands_in_the_process_of_the_mail_catcher(tmp_path, monkeypatch):
    with pytest.raises(NotDevelopmentError):
        tsa.create_app(tmp_path)
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    app = mail.create_app(smtp_port=free_port(), folder=tmp_path / "mail", authority=tmp_path / "seals")
    with running(app, free_port()) as url:
        found = httpx.get(f"{url}/tsa/root.crl")
        assert (found.status_code, found.headers["content-type"]) == (200, "application/pkix-crl")
        assert httpx.post(f"{url}/tsa/", content=b"x").status_code == 415
        refused = httpx.post(f"{url}/tsa/", content=b"x", headers={"Content-Type": "application/timestamp-query"})
        assert (refused.status_code, refused.content[:2]) == (200, b"\x30" + bytes([len(refused.content) - 2]))
