"""Puts an agency's electronic seal on a PDF: PAdES baseline B-B, the key loaded once; composes and judges nothing.

The seal certifies the document: afterwards nothing may change but what long-term validation adds (DSS, time-stamps).
"""

import asyncio
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from asn1crypto import cms, tsp  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.attributes import (
    CMSAttributeProvider,
    SignedAttributeProviderSpec,
    SigningCertificateV2Provider,
)
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError, as_signing_certificate_v2
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko_certvalidator.registry import SimpleCertificateStore

from kit.documents.reference import Reference

DIGEST = "sha256"
SPARE = 64  # bytes: an ECDSA signature differs by a few bytes from one time to the next
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class SealError(ValueError):
    """A seal cannot be loaded, or may not be put on this document at this time."""


@dataclass(frozen=True)
class Credentials:
    """A private key with its certificate and those between it and the root, the root itself left out or not."""

    key: Key
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @classmethod
    def from_pkcs12(cls, data: bytes, password: bytes | None) -> Self:
        """Read PKCS#12. SealError when the password is wrong or key or certificate is missing."""
        try:
            key, certificate, chain = pkcs12.load_key_and_certificates(data, password)
        except ValueError as error:
            raise SealError("the PKCS#12 file cannot be opened") from error
        return cls._checked(key, certificate, chain)

    @classmethod
    def from_pem(cls, key: bytes, certificates: bytes, password: bytes | None = None) -> Self:
        """Read a PEM key and PEM certificates, the signer's first. SealError when they do not fit."""
        try:
            loaded = serialization.load_pem_private_key(key, password)
            first, *chain = x509.load_pem_x509_certificates(certificates)
        except (ValueError, TypeError) as error:
            raise SealError("the key or the certificates cannot be read") from error
        return cls._checked(loaded, first, chain)

    @classmethod
    def _checked(cls, key: object, certificate: x509.Certificate | None, chain: list[x509.Certificate]) -> Self:
        if not isinstance(key, Key) or certificate is None:
            raise SealError("a seal needs an EC or RSA key and its certificate")
        if certificate.public_key() != key.public_key():
            raise SealError("the certificate is not that of the key")
        try:
            usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        except x509.ExtensionNotFound as error:
            raise SealError("the certificate does not say what its key is for") from error
        if not (usage.digital_signature and usage.content_commitment):
            raise SealError("the certificate is not for seals: digitalSignature and contentCommitment are needed")
        return cls(key, certificate, tuple(chain))


class _LoadedSigner(SimpleSigner):
    """Signs with a key that stays loaded; the library's own parses it again for every signature.

    What is put together is encoded at once: asn1crypto encodes a structure anew, with all that is in it, each time
    that a part of one around it is asked for, and these are many deep.
    """

    loaded: Key

    async def signed_attrs(self, *given: Any, **named: Any) -> cms.CMSAttributes:
        """Give the library's attributes, encoded."""
        attributes = await super().signed_attrs(*given, **named)
        return cms.CMSAttributes.load(attributes.dump())

    def signer_info(self, *given: Any, **named: Any) -> cms.SignerInfo:
        """Give the library's entry for the signature, encoded."""
        return cms.SignerInfo.load(super().signer_info(*given, **named).dump())

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if dry_run:
            return bytes(self.loaded.key_size // 8 if isinstance(self.loaded, rsa.RSAPrivateKey) else 72)
        if digest_algorithm != DIGEST:
            raise SealError(f"digest {digest_algorithm} was not asked for")
        if isinstance(self.loaded, rsa.RSAPrivateKey):
            return self.loaded.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.loaded.sign(data, ec.ECDSA(hashes.SHA256()))


class _SigningCertificate(SigningCertificateV2Provider, SignedAttributeProviderSpec):
    """Which certificate the seal is of: all that PAdES B-B has signed besides the document, encoded once."""

    def __init__(self, signing_cert: asn1_x509.Certificate) -> None:
        super().__init__(signing_cert)
        self._encoded = as_signing_certificate_v2(signing_cert).dump()

    async def build_attr_value(self, dry_run: bool = False) -> tsp.SigningCertificateV2:  # noqa: ARG002
        return tsp.SigningCertificateV2.load(self._encoded)

    def signed_attr_providers(self, data_digest: bytes, digest_algorithm: str) -> list[CMSAttributeProvider]:  # noqa: ARG002
        return [self]


class _Writer(IncrementalPdfFileWriter):
    """Leaves the XMP metadata as composed; the library would write it anew under other prefixes."""

    def _update_meta(self) -> None:
        """Keep what is there."""


class Seal:
    """An agency's seal, loaded and checked; safe to use from several threads."""

    def __init__(self, credentials: Credentials) -> None:
        key = credentials.key
        der = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        store = SimpleCertificateStore()
        store.register_multiple(_asn1(certificate) for certificate in credentials.chain)
        self._signer = _LoadedSigner(
            signing_cert=_asn1(credentials.certificate),
            signing_key=PrivateKeyInfo.load(der),
            cert_registry=store,
            embed_roots=False,
        )
        self._signer.loaded = key
        self._signer.signed_attr_prov_spec = _SigningCertificate(self._signer.signing_cert)
        self.certificate = credentials.certificate
        self._reserved: int | None = None

    @classmethod
    def from_files(cls, key: Path, certificates: Path) -> Self:
        """Load from PEM files."""
        return cls(Credentials.from_pem(key.read_bytes(), certificates.read_bytes()))

    def seal(
        self,
        pdf: bytes,
        *,
        at: datetime,
        reason: str,
        location: str | None = None,
        refers_to: Reference | None = None,
        field_name: str = "AgencySeal",
    ) -> bytes:
        """Seal the PDF; blocks for some 5 ms of processor time.

        ``refers_to`` names the signed decision in the reason, which every reader shows and the seal covers.
        ``at`` is the claimed time. SealError when the certificate does not hold then, or for a broken or sealed PDF.
        """
        self._check_time(at)
        meta = PdfSignatureMetadata(
            field_name=field_name,
            md_algorithm=DIGEST,
            reason=f"{reason} {refers_to}" if refers_to else reason,
            location=location,
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
        )
        try:
            return asyncio.run(self._sign(pdf, meta, at))
        except (PdfError, SigningError) as error:
            raise SealError(f"this PDF cannot be sealed: {error}") from error

    async def seal_async(self, pdf: bytes, *, at: datetime, reason: str, **rest: str | Reference | None) -> bytes:
        """Seal as ``seal`` does, beside the event loop."""
        return await asyncio.to_thread(self.seal, pdf, at=at, reason=reason, **rest)  # type: ignore[arg-type]

    async def _sign(self, pdf: bytes, meta: PdfSignatureMetadata, at: datetime) -> bytes:
        session = PdfSigner(meta, self._signer).init_signing_session(_Writer(io.BytesIO(pdf)))
        session.system_time = at
        if self._reserved is None:
            self._reserved = await session.estimate_signature_container_size(None, tight=True) + 2 * SPARE
        document = session.prepare_tbs_document(None, self._reserved)
        out = io.BytesIO()
        digest, _ = document.digest_tbs_document(output=out)
        attributes = PdfCMSSignedAttributes(signing_time=at)
        await document.perform_signature(digest.document_digest, attributes)
        return out.getvalue()

    def _check_time(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("a time without its zone")
        if not self.certificate.not_valid_before_utc <= at.astimezone(UTC) <= self.certificate.not_valid_after_utc:
            raise SealError(f"the certificate of the seal does not hold at {at.isoformat()}")


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
