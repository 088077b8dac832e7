"""A certificate authority for development: agency seals, time-stamps, revocation; refused anywhere else."""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
BEFORE, AFTER = timedelta(days=366), timedelta(days=366 * 20)  # room for a shifted development clock


@dataclass(frozen=True)
class DevelopmentSeal:
    """Where the files of one agency's seal lie: the root to trust, the key, and the seal's certificate."""

    root: Path
    key: Path
    certificate: Path


def ensure_development_ca(folder: Path, *, environment: str, agency_code: str, agency_name: str) -> DevelopmentSeal:
    """Make what is missing of the development root and of this agency's seal; several processes may ask at once.

    ``agency_code`` has 8 digits. RuntimeError unless ``environment`` is ``development``.
    """
    _require_development(environment)
    if not (len(agency_code) == 8 and agency_code.isascii() and agency_code.isdigit()):
        raise ValueError("an agency code has 8 digits")
    folder.mkdir(parents=True, exist_ok=True)
    seal = DevelopmentSeal(folder / "root.pem", folder / f"{agency_code}.key.pem", folder / f"{agency_code}.pem")
    with _alone(folder):
        if not seal.root.exists():
            _make_root(folder)
        if not seal.certificate.exists():
            _make_seal(folder, seal, _name(f"Development seal of {agency_code}", agency_name, agency_code))
    return seal


def ensure_development_root(folder: Path, *, environment: str) -> Path:
    """Make the development root unless it is there; the file to trust. RuntimeError as above."""
    _require_development(environment)
    folder.mkdir(parents=True, exist_ok=True)
    root = folder / "root.pem"
    with _alone(folder):
        if not root.exists():
            _make_root(folder)
    return root


@dataclass(frozen=True)
class DevelopmentTsa:
    """Where the files of the time-stamp authority lie."""

    root: Path
    key: Path
    certificate: Path


def ensure_development_tsa(folder: Path, *, environment: str) -> DevelopmentTsa:
    """Make what is missing of the development root and of its time-stamp authority. RuntimeError as above."""
    _require_development(environment)
    folder.mkdir(parents=True, exist_ok=True)
    tsa = DevelopmentTsa(folder / "root.pem", folder / "tsa.key.pem", folder / "tsa.pem")
    with _alone(folder):
        if not tsa.root.exists():
            _make_root(folder)
        if not tsa.certificate.exists():
            key = rsa.generate_private_key(65537, 2048)
            _write(tsa.key, _pem(key))
            _write(tsa.certificate, _issued(folder, _name("Development TSA", "Paet development"), key, is_tsa=True))
    return tsa


def revocation_list(folder: Path, *, environment: str, at: datetime, revoked: Iterable[int] = ()) -> bytes:
    """The development root's list (DER) of a day about ``at``: the serial numbers of what it has taken back."""
    _require_development(environment)
    root, root_key = _root(folder)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(at - timedelta(hours=1))
        .next_update(at + timedelta(days=1))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
    )
    for serial in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at - timedelta(hours=2))
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(root_key, hashes.SHA256()).public_bytes(Encoding.DER)


def _require_development(environment: str) -> None:
    if environment != "development":
        raise RuntimeError("development certificates are for development only")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_root(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Paet development root (not for use)", "Paet development")
    _write(folder / "root.key.pem", _pem(key))
    _write(folder / "root.pem", _certificate(name, key, name, key, is_authority=True))


def _make_seal(folder: Path, seal: DevelopmentSeal, subject: x509.Name) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    _write(seal.key, _pem(key))
    _write(seal.certificate, _issued(folder, subject, key))


def _issued(folder: Path, subject: x509.Name, key: Key, *, is_tsa: bool = False) -> bytes:
    root, root_key = _root(folder)
    return _certificate(subject, key, root.subject, root_key, is_authority=False, is_tsa=is_tsa)


def _root(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = load_pem_private_key((folder / "root.key.pem").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - we wrote it
    return x509.load_pem_x509_certificate((folder / "root.pem").read_bytes()), key


def _certificate(
    subject: x509.Name,
    key: Key,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
    is_tsa: bool = False,
) -> bytes:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + AFTER)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issuer_id, critical=False)
    )
    if is_tsa:  # RFC 3161 s.2.3: critical, and nothing else
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _name(common_name: str, organisation: str, agency_code: str | None = None) -> x509.Name:
    # X.520 allows 64 characters; the library counts bytes, of which a Thai character has three.
    organisation_name = x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64], _validate=False)
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "TH"),
        organisation_name,
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ]
    if agency_code is not None:
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, agency_code))
    return x509.Name(attributes)


def _pem(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """Write the whole file or none, readable by its owner only from its first moment."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    new.replace(path)
