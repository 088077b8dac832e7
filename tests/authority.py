"""A time-stamp authority that runs: its files, its addresses, and how it is told to misbehave."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from kit.documents import Credentials, Seal, Timestamps, ensure_development_ca, timestamps
from kit.documents.archiving import Archive
from kit.documents.development import revocation_list
from kit.documents.roots import Roots

AGENCY, NAME = "22000000", "องค์การบริหารส่วนตำบลตัวอย่าง"


@dataclass
class Authority:
    """The double as the tests see it."""

    folder: Path
    url: str
    files: Any = field(init=False)

    def __post_init__(self) -> None:
        self.files = ensure_development_ca(self.folder, environment="development", agency_code=AGENCY, agency_name=NAME)

    @property
    def root(self) -> bytes:
        """The development root."""
        return self.files.root.read_bytes()

    @property
    def lists(self) -> list[str]:
        """Where its revocations are listed."""
        return [f"{self.url}/root.crl"]

    @property
    def credentials(self) -> Credentials:
        """The key of the development seal."""
        return Credentials.from_pem(self.files.key.read_bytes(), self.files.certificate.read_bytes())

    def misbehave(self, mode: str, **more: Any) -> None:
        """Switch a fault on."""
        httpx.post(f"{self.url}/_control/misbehave", json={"mode": mode, **more}).raise_for_status()

    def behave(self) -> None:
        """Switch every fault off."""
        httpx.delete(f"{self.url}/_control/misbehave").raise_for_status()

    @asynccontextmanager
    async def opened(self, **how: Any):
        """A client of it."""
        client = Timestamps(f"{self.url}/", Roots(self.files.root), **how)
        try:
            yield client
        finally:
            await client.close()

    @asynccontextmanager
    async def archive(self, client: Timestamps):
        """What makes documents last by it."""
        made = Archive(client, Roots(self.files.root), self.lists)
        try:
            yield made
        finally:
            made.close()

    def revoked(self, at: datetime, *serials: int) -> bytes:
        """A list of revocations of its root."""
        return revocation_list(self.folder, environment="development", at=at, revoked=serials)

    def certified(
        self, begins: datetime, ends: datetime, public: Any = None, listed: str | None = None
    ) -> tuple[bytes, bytes]:
        """A key and a certificate for seals of that time, PEM; of a public key where only that is known.

        ``listed`` is the address of its list of revocations, said in the certificate.
        """
        key = None if public else ec.generate_private_key(ec.SECP256R1())
        root = x509.load_pem_x509_certificate(self.root)
        by = load_pem_private_key((self.folder / "root.key.pem").read_bytes(), None)
        names = ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
                 "encipher_only", "decipher_only")  # fmt: skip
        usage = x509.KeyUsage(digital_signature=True, content_commitment=True, **dict.fromkeys(names, False))
        built = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"seal of {begins:%Y}")]))
            .issuer_name(root.subject)
            .public_key(public or key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(usage, critical=True)
        )
        if listed:
            point = x509.DistributionPoint([x509.UniformResourceIdentifier(listed)], None, None, None)
            built = built.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        built = built.sign(by, hashes.SHA256())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) if key else b""
        return pem, built.public_bytes(Encoding.PEM)

    def short_lived(self, begins: datetime, days: int) -> Seal:
        """A seal whose certificate ends soon, and no time-stamps."""
        return Seal(Credentials.from_pem(*self.certified(begins, begins + timedelta(days=days))))


def awake(client: Timestamps | Archive) -> None:
    """Let it ask again at once after a failure."""
    client._rests_until = 0.0


__all__ = ["AGENCY", "NAME", "Authority", "awake", "timestamps"]
