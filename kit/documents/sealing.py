"""Puts an agency's electronic seal on a PDF, the key loaded once; composes and judges nothing.

PAdES baseline B-B, or B-T where a time-stamp authority is given: the work of the processor is done in threads, the
authority is asked between them. The seal certifies the document: afterwards nothing may change but what long-term
validation adds (DSS, time-stamps).
"""

import asyncio
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from asn1crypto import cms, tsp  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.attributes import (
    CMSAttributeProvider,
    SignedAttributeProviderSpec,
    SigningCertificateV2Provider,
)
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError, as_signing_certificate_v2, simple_cms_attribute
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko_certvalidator.registry import SimpleCertificateStore

from kit.documents.keys import Credentials, SealError
from kit.documents.reference import Reference
from kit.documents.timestamps import Timestamps

DIGEST = "sha256"
SPARE = 64  # bytes: an ECDSA signature differs by a few bytes from one time to the next


class _LoadedSigner(Signer):
    """Signs with a key that stays loaded, or stays in its token.

    What is put together is encoded at once: asn1crypto encodes a structure anew, with all that is in it, each time
    that a part of one around it is asked for, and these are many deep.
    """

    credentials: Credentials

    async def signed_attrs(self, *given: Any, **named: Any) -> cms.CMSAttributes:
        """Give the library's attributes, encoded."""
        attributes = await super().signed_attrs(*given, **named)
        return cms.CMSAttributes.load(attributes.dump())

    def signer_info(self, *given: Any, **named: Any) -> cms.SignerInfo:
        """Give the library's entry for the signature, encoded."""
        return cms.SignerInfo.load(super().signer_info(*given, **named).dump())

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if dry_run:
            return bytes(self.credentials.longest)
        if digest_algorithm != DIGEST:
            raise SealError(f"digest {digest_algorithm} was not asked for")
        return self.credentials.sign(data)


class _SigningCertificate(SigningCertificateV2Provider, SignedAttributeProviderSpec):
    """Which certificate the seal is of: all that PAdES B-B has signed besides the document, encoded once."""

    def __init__(self, signing_cert: asn1_x509.Certificate) -> None:
        super().__init__(signing_cert)
        self._encoded = as_signing_certificate_v2(signing_cert).dump()

    async def build_attr_value(self, dry_run: bool = False) -> tsp.SigningCertificateV2:  # noqa: ARG002
        return tsp.SigningCertificateV2.load(self._encoded)

    def signed_attr_providers(self, data_digest: bytes, digest_algorithm: str) -> list[CMSAttributeProvider]:  # noqa: ARG002
        return [self]


class Writer(IncrementalPdfFileWriter):
    """Leaves the XMP metadata as composed; the library would write it anew under other prefixes."""

    def _update_meta(self) -> None:
        """Keep what is there."""


@dataclass
class _Signed:
    """A PDF with the place for its seal, and the seal that is to go there."""

    out: io.BytesIO
    place: PreparedByteRangeDigest
    container: cms.ContentInfo

    @property
    def signature(self) -> bytes:
        """What a time-stamp is for."""
        return bytes(self.container["content"]["signer_infos"][0]["signature"].native)

    def finished(self, token: bytes | None) -> bytes:
        """Give the sealed PDF, with that time-stamp if there is one. SigningError when it does not fit in."""
        if token is not None:
            stamp = simple_cms_attribute("signature_time_stamp_token", cms.ContentInfo.load(token))
            self.container["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([stamp])
        self.place.fill_reserved_region(self.out, self.container.dump())
        return self.out.getvalue()


class Seal:
    """An agency's seal, loaded and checked; safe to use from several threads. ``timestamps`` make its seals B-T."""

    def __init__(self, credentials: Credentials, timestamps: Timestamps | None = None) -> None:
        store = SimpleCertificateStore()
        store.register_multiple(_asn1(certificate) for certificate in credentials.chain)
        self._signer = _LoadedSigner(
            signing_cert=_asn1(credentials.certificate), cert_registry=store, embed_roots=False
        )
        self._signer.credentials = credentials
        self._signer.signed_attr_prov_spec = _SigningCertificate(self._signer.signing_cert)
        self._timestamps = timestamps
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
        """Seal the PDF without a time-stamp (B-B); blocks for some 5 ms of processor time.

        ``refers_to`` names the signed decision in the reason, which every reader shows and the seal covers.
        ``at`` is the claimed time. SealError when the certificate does not hold then, or for a broken or sealed PDF;
        TokenAway when the key lies in a token that does not answer.
        """
        signed = self._signed(pdf, 0, at=at, reason=reason, location=location, refers_to=refers_to, name=field_name)
        return signed.finished(None)

    async def seal_async(
        self,
        pdf: bytes,
        *,
        at: datetime,
        reason: str,
        location: str | None = None,
        refers_to: Reference | None = None,
        field_name: str = "AgencySeal",
    ) -> bytes:
        """Seal as ``seal`` does, beside the event loop; with a time-stamp (B-T) where there is an authority.

        TimestampAway where that is required and cannot be had now.
        """
        said: dict[str, Any] = {"at": at, "reason": reason, "location": location, "refers_to": refers_to}
        stamps = self._timestamps
        if stamps is None:
            return await asyncio.to_thread(self.seal, pdf, **said, field_name=field_name)
        stamps.check()
        while True:
            room = stamps.room
            signed = await asyncio.to_thread(self._signed, pdf, room, **said, name=field_name)
            token = await stamps.for_seal(signed.signature)
            if token is None or len(token) <= room:
                return await asyncio.to_thread(signed.finished, token)

    def _signed(
        self, pdf: bytes, room: int, *, at: datetime, reason: str, location: str | None,
        refers_to: Reference | None, name: str,
    ) -> _Signed:  # fmt: skip
        self._check_time(at)
        meta = PdfSignatureMetadata(
            field_name=name,
            md_algorithm=DIGEST,
            reason=f"{reason} {refers_to}" if refers_to else reason,
            location=location,
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
        )
        try:
            return asyncio.run(self._sign(pdf, meta, at, room))
        except (PdfError, SigningError) as error:
            raise SealError(f"this PDF cannot be sealed: {error}") from error

    async def _sign(self, pdf: bytes, meta: PdfSignatureMetadata, at: datetime, room: int) -> _Signed:
        session = PdfSigner(meta, self._signer).init_signing_session(Writer(io.BytesIO(pdf)))
        session.system_time = at
        if self._reserved is None:
            self._reserved = await session.estimate_signature_container_size(None, tight=True) + 2 * SPARE
        document = session.prepare_tbs_document(None, self._reserved + 2 * room)
        out = io.BytesIO()
        place, _ = document.digest_tbs_document(output=out)
        container = await self._signer.async_sign(
            place.document_digest, DIGEST, use_pades=True, signed_attr_settings=PdfCMSSignedAttributes(signing_time=at)
        )
        return _Signed(out, place, container)

    def _check_time(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("a time without its zone")
        if not self.certificate.not_valid_before_utc <= at.astimezone(UTC) <= self.certificate.not_valid_after_utc:
            raise SealError(f"the certificate of the seal does not hold at {at.isoformat()}")


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
