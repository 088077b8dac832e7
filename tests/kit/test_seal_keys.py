"""Keys of seals: from PKCS#12, PEM and a PKCS#11 token, several for an agency, changed without a restart."""

import asyncio
import os
import subprocess
import threading
from datetime import timedelta
from pathlib import Path

import pkcs11
import pytest
from asn1crypto import keys
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_der_public_key,
    load_pem_private_key,
    pkcs12,
)
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

from kit.clock import clock
from kit.contracts.text import Text
from kit.documents import Composer, Credentials, Seal, SealError, TimestampAway, TokenAway, seals, verify_async
from kit.documents import keys as token_keys
from kit.documents.keys import TokenKey
from kit.documents.roots import Roots
from kit.documents.seals import Seals, held_until
from kit.documents.timestamps import Timestamps
from kit.retry import is_passing
from tests import pdf as look
from tests.authority import AGENCY, NAME

NAMES = Text(th=NAME, en="Example")
DAY = timedelta(days=1)
LIBRARY = "/usr/lib/softhsm/libsofthsm2.so"


@pytest.fixture(scope="module")
def document():
    with Composer() as composer:
        yield composer.compose("ก", {}, attachment_xml=b"<x/>", title="ก", author=NAME, timestamp=clock.now())


@pytest.fixture(autouse=True)
def _looking_always(monkeypatch):
    monkeypatch.setattr(seals, "LOOK_SECONDS", 0.0)


def put(folder: Path, authority, label: str, begins, ends) -> x509.Certificate:
    """A key with its certificate in the folder."""
    key, certificate = authority.certified(begins, ends)
    (folder / f"{AGENCY}{label}.pem").write_bytes(certificate)
    (folder / f"{AGENCY}{label}.key.pem").write_bytes(key)
    return x509.load_pem_x509_certificate(certificate)


@pytest.mark.req("L9", part="rotation: the newest key that holds seals, without a restart")
async def test_the_newest_key_that_holds_is_taken_as_soon_as_it_is_there(authority, tmp_path, document):
    now, folder = clock.now(), Seals(tmp_path, "production")
    old = put(tmp_path, authority, "", now - 300 * DAY, now + 30 * DAY)
    first = await folder.of(AGENCY, NAMES)
    assert first.certificate == old
    put(tmp_path, authority, ".later", now + 10 * DAY, now + 400 * DAY)
    assert (await folder.of(AGENCY, NAMES)).certificate == old
    new = put(tmp_path, authority, ".2027", now - DAY, now + 300 * DAY)
    assert (await folder.of(AGENCY, NAMES)).certificate == new
    assert await folder.of(AGENCY, NAMES) is await folder.of(AGENCY, NAMES)
    made = await first.seal_async(document, at=now, reason="ก")
    assert (await verify_async(made, [authority.root])).bottom_line, "what the old key sealed stays valid"
    with clock.freeze(now + 350 * DAY):
        assert (await folder.of(AGENCY, NAMES)).certificate.not_valid_before_utc > now
    with pytest.raises(SealError, match="there is no seal of 33000000"):
        await folder.of("33000000", NAMES)


@pytest.mark.req("L9", part="a certificate that has ended, or has not begun, is refused")
async def test_a_key_that_does_not_hold_is_refused_and_why(authority, tmp_path):
    now, folder = clock.now(), Seals(tmp_path, "production")
    put(tmp_path, authority, "", now - 9 * DAY, now - 2 * DAY)
    put(tmp_path, authority, ".next", now + 2 * DAY, now + 9 * DAY)
    with pytest.raises(SealError) as refused:
        await folder.of(AGENCY, NAMES)
    said = str(refused.value)
    assert f"a certificate ended on {now - 2 * DAY:%Y-%m-%d}" in said
    assert f"a certificate begins on {now + 2 * DAY:%Y-%m-%d}" in said
    assert "put a new one beside it" in said
    assert not is_passing(refused.value)


async def test_a_seal_that_is_in_use_is_refused_once_it_has_ended(authority, tmp_path, monkeypatch):
    monkeypatch.setattr(seals, "LOOK_SECONDS", 3600.0)
    now, folder = clock.now(), Seals(tmp_path, "production")
    put(tmp_path, authority, "", now - DAY, now + DAY)
    await folder.of(AGENCY, NAMES)
    with clock.freeze(now + 2 * DAY), pytest.raises(SealError, match="ended on"):
        await folder.of(AGENCY, NAMES)


async def test_a_broken_key_does_not_stop_the_one_that_works(authority, tmp_path):
    now, folder = clock.now(), Seals(tmp_path, "production")
    (tmp_path / f"{AGENCY}.new.p12").write_bytes(b"half of a fi")
    with pytest.raises(SealError, match=r"22000000\.new\.p12: the PKCS#12 file cannot be opened"):
        await folder.of(AGENCY, NAMES)
    good = put(tmp_path, authority, "", now - DAY, now + DAY)
    (tmp_path / f"{AGENCY}.torn.key.pem").touch()
    assert (await folder.of(AGENCY, NAMES)).certificate == good


@pytest.mark.req("L9", part="PKCS#12 with a file for its passphrase")
async def test_pkcs12_is_opened_by_the_passphrase_beside_it_or_by_that_of_all(authority, tmp_path, document):
    now = clock.now()
    for place, (label, password) in enumerate({"": b"of all", ".own": b"its own"}.items()):
        key, certificate = authority.certified(now - (3 - place) * DAY, now + DAY)
        mine = x509.load_pem_x509_certificate(certificate)
        packed = pkcs12.serialize_key_and_certificates(
            b"seal", load_pem_private_key(key, None), mine, None, BestAvailableEncryption(password)
        )
        (tmp_path / f"{AGENCY}{label}.p12").write_bytes(packed)
        if label:
            with pytest.raises(SealError, match="cannot be opened"):
                Credentials.from_pkcs12(packed, b"of all")
            (tmp_path / f"{AGENCY}{label}.pass").write_bytes(password + b"\n")
        chosen = await Seals(tmp_path, "production", "of all").of(AGENCY, NAMES)
        assert chosen.certificate == mine
        sealed = await chosen.seal_async(document, at=now, reason="ก")
        assert (await verify_async(sealed, [authority.root])).bottom_line


async def test_the_end_of_each_agency_without_a_break_is_known(authority, tmp_path):
    now, folder = clock.now(), Seals(tmp_path, "production")
    assert await folder.ends() == {}
    put(tmp_path, authority, "", now - DAY, now + 5 * DAY)
    put(tmp_path, authority, ".b", now + 4 * DAY, now + 9 * DAY)
    last = put(tmp_path, authority, ".c", now + 20 * DAY, now + 90 * DAY)
    ends = (await folder.ends())[AGENCY]
    assert abs(ends - (now + 9 * DAY).timestamp()) <= 1
    assert held_until([last], now) == 0.0
    assert held_until([last], now + 100 * DAY) == last.not_valid_after_utc.timestamp()


@pytest.mark.req("Y6", part="the development authority is there from the start, and nowhere else")
async def test_the_development_authority_is_made_at_start_and_production_makes_none(tmp_path):
    for environment, is_made in (("development", True), ("production", False)):
        folder = tmp_path / environment
        client = Timestamps("http://127.0.0.1:9/", Roots(folder / "root.pem"))
        folder_of_seals = Seals(folder, environment, timestamps=client).made_ready()
        assert (folder / "root.pem").exists() == folder.exists() == is_made
        if is_made:
            folder_of_seals.check()
            root = (folder / "root.pem").read_bytes()
            await folder_of_seals.of(AGENCY, NAMES)
            assert (folder / "root.pem").read_bytes() == root
        else:
            with pytest.raises(TimestampAway):
                folder_of_seals.check()
        await client.close()


async def test_where_there_are_keys_no_development_authority_is_made(authority, tmp_path):
    put(tmp_path, authority, "", clock.now() - DAY, clock.now() + DAY)
    Seals(tmp_path, "development").made_ready()
    assert not (tmp_path / "root.pem").exists()


# A token ----------------------------------------------------------------------------------------------------------


class Token:
    """A SoftHSM token with keys of its own; ``keys`` are their public halves."""

    def __init__(self, folder: Path) -> None:
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
        for label in ("paet", "other"):
            command = f"softhsm2-util --init-token --free --label {label} --pin 1234 --so-pin 4321"
            subprocess.run(command.split(), check=True, capture_output=True)
        with pkcs11.lib(LIBRARY).get_token(token_label="paet").open(user_pin="1234", rw=True) as session:
            self.keys = {label: self._elliptic(session, label) for label in ("ec", "lost", "pin")}
            public, _ = session.generate_keypair(pkcs11.KeyType.RSA, 2048, store=True, label="rsa")
            self.keys["rsa"] = load_der_public_key(_spki(encode_rsa_public_key(public)))

    @staticmethod
    def _elliptic(session, label: str):
        curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
        public, _ = parameters.generate_keypair(store=True, label=label)
        return load_der_public_key(encode_ec_public_key(public))


def _spki(pkcs1: bytes) -> bytes:
    return keys.PublicKeyInfo.wrap(keys.RSAPublicKey.load(pkcs1), "rsa").dump()


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    look.require("softhsm2-util")
    before = os.environ.get("SOFTHSM2_CONF")
    yield Token(tmp_path_factory.mktemp("hsm"))
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


def describe(folder: Path, label: str, certificate: bytes, *, token: str = "paet", pin: str = "1234") -> Path:
    """The description of a key in a token, with its certificate beside."""
    described = folder / f"{AGENCY}.{label}.pkcs11.toml"
    described.write_text(f'module = "{LIBRARY}"\ntoken = "{token}"\nkey = "{label}"\npin_file = "pin"\n')
    (folder / "pin").write_text(f"{pin}\n")
    (folder / f"{AGENCY}.{label}.pem").write_bytes(certificate)
    return described


@pytest.mark.req("L9", part="PKCS#11: the key never leaves its token")
async def test_keys_in_a_token_seal(authority, token, tmp_path, document):
    now = clock.now()
    for place, label in enumerate(("ec", "rsa")):
        public = token.keys[label]
        _, certificate = authority.certified(now - (3 - place) * DAY, now + DAY, public=public)
        describe(tmp_path, label, certificate)
        chosen = await Seals(tmp_path, "production").of(AGENCY, NAMES)
        assert chosen.certificate.public_key() == public
        async with authority.opened() as client:
            chosen._timestamps = client
            for _ in range(2):
                sealed = await chosen.seal_async(document, at=now, reason="ก")
                report = await verify_async(sealed, [authority.root])
                assert report.bottom_line, report.fault
                assert report.stamped_at is not None
        assert look.pdfsig_of(sealed)["Signature Validation"] == "Signature is Valid."
        assert b"PRIVATE KEY" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.req("L9")
async def test_a_key_in_a_file_is_followed_by_one_in_a_token_and_what_it_sealed_stays_valid(
    authority, token, tmp_path, document
):
    now, folder = clock.now(), Seals(tmp_path, "production", "of all")
    key, certificate = authority.certified(now - 2 * DAY, now + DAY)
    loaded, mine = load_pem_private_key(key, None), x509.load_pem_x509_certificate(certificate)
    packed = pkcs12.serialize_key_and_certificates(b"seal", loaded, mine, None, BestAvailableEncryption(b"of all"))
    (tmp_path / f"{AGENCY}.p12").write_bytes(packed)
    async with authority.opened() as client, authority.archive(client) as archive:
        folder._timestamps = client
        old = await archive.extend(await (await folder.of(AGENCY, NAMES)).seal_async(document, at=now, reason="ก"))
        _, certificate = authority.certified(now - DAY, now + 90 * DAY, public=token.keys["ec"])
        describe(tmp_path, "ec", certificate)
        chosen = await folder.of(AGENCY, NAMES)
        assert chosen.certificate == x509.load_pem_x509_certificate(certificate)
        new = await chosen.seal_async(document, at=now, reason="ก")
    later = now + 30 * DAY
    (tmp_path / f"{AGENCY}.ec.pkcs11.toml").unlink()
    with clock.freeze(later):
        with pytest.raises(SealError, match="ended on"):
            await folder.of(AGENCY, NAMES)
        for file in (old, new):
            report = await verify_async(file, [authority.root], lists=[authority.revoked(later)])
            assert report.bottom_line, report.fault


async def test_a_session_of_the_token_that_was_lost_is_opened_again(authority, token, tmp_path, document):
    public = token.keys["lost"]
    _, certificate = authority.certified(clock.now() - DAY, clock.now() + DAY, public=public)
    credentials = Credentials.from_token(describe(tmp_path, "lost", certificate))
    seal = Seal(credentials)
    seal_once = {"at": clock.now(), "reason": "ก"}
    await seal.seal_async(document, **seal_once)
    credentials.key._key.session.close()
    sealed = await seal.seal_async(document, **seal_once)
    assert (await verify_async(sealed, [authority.root])).bottom_line


async def test_a_token_that_is_away_passes_and_a_wrong_pin_is_tried_once(authority, token, tmp_path, document):
    public = token.keys["pin"]
    _, certificate = authority.certified(clock.now() - DAY, clock.now() + DAY, public=public)
    away = Seal(Credentials.from_token(describe(tmp_path, "pin", certificate, token="elsewhere")))
    with pytest.raises(TokenAway) as caught:
        await away.seal_async(document, at=clock.now(), reason="ก")
    assert is_passing(caught.value)
    unknown = Seal(Credentials.from_token(describe(tmp_path, "nobody", certificate)))
    with pytest.raises(SealError, match="NoSuchKey"):
        await unknown.seal_async(document, at=clock.now(), reason="ก")
    other = Seal(Credentials.from_token(describe(tmp_path, "ec", certificate)))
    with pytest.raises(SealError, match="not that of the key in the token"):
        await other.seal_async(document, at=clock.now(), reason="ก")
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    describe(wrong, "pin", certificate, token="other", pin="9999")
    folder = Seals(wrong, "production")
    for _ in range(2):  # found out before a document relies on it
        with pytest.raises(SealError, match="PinIncorrect"):
            await folder.of(AGENCY, NAMES)
    (wrong / "pin").write_text("1234\n")
    with pytest.raises(SealError, match="NoSuchKey"):  # the mended one is tried, and opens a token without the key
        await folder.of(AGENCY, NAMES)


class Slow:
    """The double of a key in a token that does not come back before it may."""

    def __init__(self, private):
        self.private, self.may = private, threading.Event()
        self.calls, self.inside, self.most = 0, 0, 0

    def sign(self, digest, mechanism):
        self.calls, self.inside = self.calls + 1, self.inside + 1
        self.most = max(self.most, self.inside)
        assert self.may.wait(30)
        self.inside -= 1
        r, s = decode_dss_signature(self.private.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
        return r.to_bytes(32) + s.to_bytes(32)


@pytest.mark.req("L9", part="a token that hangs holds nobody up, and is asked nothing before it is back")
async def test_a_token_that_hangs_is_away_until_it_is_back(authority, document, monkeypatch):
    monkeypatch.setattr(token_keys, "PATIENCE_S", 0.05)
    private, certificate = authority.certified(clock.now() - DAY, clock.now() + DAY)
    slow, mine = Slow(load_pem_private_key(private, None)), x509.load_pem_x509_certificate(certificate)
    key, other = (TokenKey("library", "hanging", label, "1234", mine.public_key()) for label in ("one", "two"))
    key._key = other._key = slow
    seal, again = Seal(Credentials(key, mine)), Seal(Credentials(other, mine))
    once = {"at": clock.now(), "reason": "ก"}
    sealing = asyncio.create_task(seal.seal_async(document, **once))
    while not slow.calls:
        await asyncio.sleep(0.001)  # others go on meanwhile
    assert not sealing.done()
    with pytest.raises(TokenAway, match="has not answered for") as caught:
        await sealing
    assert is_passing(caught.value)
    for each in (seal, again):
        with pytest.raises(TokenAway):
            await each.seal_async(document, **once)
    assert slow.calls == 1
    slow.may.set()
    while key._is_hung():
        await asyncio.sleep(0.001)
    for each in (seal, again):
        sealed = await each.seal_async(document, **once)
        assert (await verify_async(sealed, [authority.root])).bottom_line
    assert (slow.calls, slow.most) == (3, 1)


async def test_a_description_that_says_too_little_is_refused(authority, tmp_path):
    described = tmp_path / f"{AGENCY}.hsm.pkcs11.toml"
    for text in ("", "module = 1", "not toml at all ["):
        described.write_text(text)
        with pytest.raises(SealError, match="does not describe a key in a token"):
            Credentials.from_token(described)
