"""Sealing and judging: what holds, what does not, and who may make development seals."""

import asyncio
import io
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from kit.documents import (
    Composer,
    Credentials,
    DevelopmentSeal,
    DocumentProperties,
    Reference,
    Seal,
    SealError,
    ensure_development_ca,
    verify,
    verify_async,
)
from kit.documents.development import ensure_development_root
from tests import pdf as look

AGENCY, NAME = "22000000", "องค์การบริหารส่วนตำบลที่มีชื่อยาวเกินหกสิบสี่ไบต์"
AT = datetime.now(UTC).replace(microsecond=0)
DECISION = Reference("urn:uuid:0193541e-7b1c-7000-8000-000000000001", "ab" * 32)
XML = b"<licence/>"


def development(folder: Path) -> DevelopmentSeal:
    return ensure_development_ca(folder, environment="development", agency_code=AGENCY, agency_name=NAME)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentSeal:
    return development(tmp_path_factory.mktemp("ca") / "new")


@pytest.fixture(scope="module")
def roots(files) -> list[bytes]:
    return [files.root.read_bytes()]


@pytest.fixture(scope="module")
def seal(files) -> Seal:
    return Seal.from_files(files.key, files.certificate)


@pytest.fixture(scope="module")
def document() -> Iterator[bytes]:
    with Composer() as composer:
        yield composer.compose(
            "ใบอนุญาตให้จัดตั้ง",
            {},
            attachment_xml=XML,
            title="ใบอนุญาต",
            author=NAME,
            timestamp=AT,
            properties=DocumentProperties("a.pdf", "1.0", "1/2569", "2.16.764.1.4.100.16.0"),
        )


@pytest.fixture(scope="module")
def sealed(seal, document) -> bytes:
    return seal.seal(document, at=AT, reason="ออกตามคำสั่งอนุญาต", location="ประเทศไทย", refers_to=DECISION)


@pytest.mark.req("L2", part="agency seal that refers to the signed decision")
def test_a_seal_says_who_and_why_and_holds(sealed, roots):
    report = verify(sealed, roots)
    assert report.bottom_line
    assert report.fault is None
    assert (report.organisation, report.agency_code) == (NAME, AGENCY)
    assert report.sealed_at == AT
    assert report.location == "ประเทศไทย"
    assert report.reason == f"ออกตามคำสั่งอนุญาต {DECISION}"
    assert report.refers_to == DECISION


@pytest.mark.req("L2", part="validates in independent readers")
def test_other_programs_agree(sealed):
    found = look.pdfsig_of(sealed)
    assert found["Signature Validation"] == "Signature is Valid."
    assert found["Signature Type"] == "ETSI.CAdES.detached"
    assert found["Signing Hash Algorithm"] == "SHA-256"
    assert found["Coverage"] == "Total document signed"
    assert look.qpdf_faults(sealed) == ""


@pytest.mark.req("L2", part="PDF/A-3 structure kept by the seal")
def test_a_seal_leaves_structure_metadata_and_data_as_composed(document, sealed):
    assert sealed.startswith(document)
    assert look.pdfa_faults(sealed) == []
    assert look.xmp(sealed) == look.xmp(document)
    assert look.attachments(sealed) == {"data.xml": XML}
    with pikepdf.open(io.BytesIO(document)) as before, pikepdf.open(io.BytesIO(sealed)) as after:
        assert before.docinfo == after.docinfo


@pytest.mark.req("L2", part="one changed byte fails")
def test_one_changed_byte_fails_wherever_it_is(sealed, roots):
    random = Random(8)
    start = sealed.rindex(b"/Contents <")
    end = sealed.index(b">", start)
    places = {0, len(sealed) - 1, start + 11, end - 1, end, end - 40}
    places |= {random.randrange(len(sealed)) for _ in range(120)}
    places |= set(range(start + 11, start + 11 + 2 * 64))  # the head of the container, which no signature covers
    places |= {random.randrange(start, end) for _ in range(60)}
    assert [place for place in sorted(places) if verify(look.changed(sealed, place), roots).bottom_line] == []


@pytest.mark.req("L2", part="one changed byte fails")
def test_the_same_signature_in_another_spelling_fails(sealed, roots):
    start = sealed.rindex(b"/Contents <") + 11
    letter = next(place for place in range(start, len(sealed)) if chr(sealed[place]).isalpha())
    assert not verify(sealed[:letter] + bytes([sealed[letter] ^ 0x20]) + sealed[letter + 1 :], roots).bottom_line


@pytest.mark.parametrize("length", [0, 1, 100, -1, -600])
def test_a_torn_file_fails(sealed, roots, length):
    assert not verify(sealed[:length], roots).bottom_line


def test_what_is_added_after_the_seal_fails(sealed, roots):
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed))
    writer.root["/Lang"] = generic.pdf_string("en")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    report = verify(out.getvalue(), roots)
    assert not report.bottom_line
    assert report.fault == "something was added after the document was sealed"


def test_the_document_before_its_seal_is_not_sealed(document, roots):
    report = verify(document, roots)
    assert (report.bottom_line, report.fault) == (False, "no seal")


def test_another_root_and_no_root_fail(sealed, tmp_path):
    other = development(tmp_path).root.read_bytes()
    for wrong in ([other], []):
        report = verify(sealed, wrong)
        assert (report.bottom_line, report.fault) == (False, "the seal is not from a trusted authority")
    assert not verify(sealed, []).bottom_line


def test_a_seal_is_judged_for_the_time_asked(sealed, roots):
    assert verify(sealed, roots, at=AT + timedelta(days=3650)).bottom_line
    assert not verify(sealed, roots, at=AT + timedelta(days=366 * 21)).bottom_line


def test_a_sealed_document_is_not_sealed_again(seal, sealed):
    with pytest.raises(SealError, match="cannot be sealed"):
        seal.seal(sealed, at=AT, reason="อีกครั้ง", field_name="Second")


def test_what_is_no_pdf_is_not_sealed(seal):
    with pytest.raises(SealError, match="cannot be sealed"):
        seal.seal(b"%PDF-1.7 nothing", at=AT, reason="ก")


@pytest.mark.parametrize("days", [-800, 366 * 21])
def test_a_certificate_that_does_not_hold_seals_nothing(seal, document, days):
    with pytest.raises(SealError, match="does not hold"):
        seal.seal(document, at=AT + timedelta(days=days), reason="ก")


def test_a_time_without_zone_is_refused(seal, document):
    with pytest.raises(ValueError, match="zone"):
        seal.seal(document, at=datetime(2026, 11, 22), reason="ก")


async def test_one_seal_serves_many_at_once(seal, document, roots):
    made = await asyncio.gather(
        *(seal.seal_async(document, at=AT, reason="ก", field_name=f"Seal{i}") for i in range(8))
    )
    reports = await asyncio.gather(*(verify_async(one, roots) for one in made))
    assert all(report.bottom_line for report in reports)
    assert len(set(made)) == 8


@pytest.mark.parametrize("uri", ["", "two words"])
def test_a_reference_is_refused_when_it_could_not_be_read_back(uri):
    with pytest.raises(ValueError, match="reference"):
        Reference(uri, "ab" * 32)
    with pytest.raises(ValueError, match="reference"):
        Reference("urn:x", "AB" * 32)
    assert Reference.found_in("ไม่มีคำสั่ง") is None


# Keys and certificates --------------------------------------------------------------------------------------------


def certificate(files: DevelopmentSeal, key, **usage: bool) -> bytes:
    root = x509.load_pem_x509_certificate(files.root.read_bytes())
    root_key = load_pem_private_key(files.root.with_name("root.key.pem").read_bytes(), None)
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    flags = {
        name: usage.get(name, False) for name in (*names, "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    }
    built = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "other")]))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=1))
        .add_extension(x509.KeyUsage(**flags), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    return built.public_bytes(Encoding.PEM)


def pem(key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_seal_comes_from_pkcs12_too(files, document, roots):
    key = load_pem_private_key(files.key.read_bytes(), None)
    mine = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    root = x509.load_pem_x509_certificate(roots[0])
    packed = pkcs12.serialize_key_and_certificates(b"seal", key, mine, [root], BestAvailableEncryption(b"secret"))
    made = Seal(Credentials.from_pkcs12(packed, b"secret")).seal(document, at=AT, reason="ก")
    assert verify(made, roots).bottom_line
    with pytest.raises(SealError, match="cannot be opened"):
        Credentials.from_pkcs12(packed, b"wrong")


def test_an_rsa_key_seals_too(files, document, roots):
    key = rsa.generate_private_key(65537, 2048)
    credentials = Credentials.from_pem(
        pem(key), certificate(files, key, digital_signature=True, content_commitment=True)
    )
    made = Seal(credentials).seal(document, at=AT, reason="ก")
    assert verify(made, roots).bottom_line
    assert look.pdfsig_of(made)["Signature Validation"] == "Signature is Valid."


def test_a_certificate_that_is_not_for_seals_is_refused(files):
    key = load_pem_private_key(files.key.read_bytes(), None)
    with pytest.raises(SealError, match="not for seals"):
        Credentials.from_pem(pem(key), certificate(files, key, digital_signature=True))
    with pytest.raises(SealError, match="not that of the key"):
        Credentials.from_pem(pem(key), files.root.read_bytes())
    with pytest.raises(SealError, match="cannot be read"):
        Credentials.from_pem(b"nothing", files.certificate.read_bytes())


# The development authority ----------------------------------------------------------------------------------------


def test_development_files_are_for_their_owner_only_and_stay(tmp_path):
    folder = tmp_path / "deep" / "er"
    first = development(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert development(folder) == first
    second = ensure_development_ca(folder, environment="development", agency_code="33000000", agency_name="กรม")
    assert second.root == first.root
    assert second.certificate != first.certificate
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert before.items() <= after.items()
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.pem")} == {0o600}


def test_the_development_seal_is_made_for_sealing(files):
    made = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    usage = made.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.digital_signature, usage.value.content_commitment) == (True, True)
    assert (usage.value.key_cert_sign, usage.value.key_encipherment) == (False, False)
    assert made.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value == AGENCY
    assert made.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == NAME


@pytest.mark.req("Y6", part="no development seal outside development")
@pytest.mark.parametrize("environment", ["production", "", "Development"])
def test_no_development_seal_outside_development(tmp_path, environment):
    with pytest.raises(RuntimeError, match="development only"):
        ensure_development_ca(tmp_path / "ca", environment=environment, agency_code=AGENCY, agency_name=NAME)
    with pytest.raises(RuntimeError, match="development only"):
        ensure_development_root(tmp_path / "ca", environment=environment)
    assert not (tmp_path / "ca").exists()


@pytest.mark.parametrize("code", ["", "2200000", "22000000a", "๒๒๐๐๐๐๐๐", "../../00"])
def test_an_agency_code_has_8_digits(tmp_path, code):
    with pytest.raises(ValueError, match="8 digits"):
        ensure_development_ca(tmp_path, environment="development", agency_code=code, agency_name=NAME)


def test_processes_that_start_together_make_one_authority(tmp_path):
    source = (
        "import sys; from pathlib import Path; from kit.documents.development import ensure_development_ca as make\n"
        "made = make(Path(sys.argv[1]), environment='development', agency_code='22000000', agency_name='x')\n"
        "print(hash((made.root.read_bytes(), made.certificate.read_bytes(), made.key.read_bytes())))"
    )
    command = [sys.executable, "-W", "error", "-c", source, str(tmp_path)]
    environment = {"PYTHONHASHSEED": "0", "PYTHONPATH": str(Path.cwd())}
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) for _ in range(3)]
    printed = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0] * 3
    assert len(printed) == 1
