"""Judges the seal of a PDF against given roots of trust; fetches nothing and trusts nothing else."""

import asyncio
import io
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import algos, core, parser, x509  # type: ignore[import-untyped]
from cryptography import x509 as pyca
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from kit.documents.reference import Reference

# An untrusted seal is an answer here, not an incident with a traceback.
for name in ("pyhanko.sign.validation.generic_cms", "pyhanko.sign.diff_analysis"):
    logging.getLogger(name).setLevel(logging.ERROR)


@dataclass(frozen=True)
class SealReport:
    """The judgement. Only ``bottom_line`` says whether to trust; the rest tells who claims what, and why not."""

    bottom_line: bool
    fault: str | None = None
    signer: str | None = None
    organisation: str | None = None
    agency_code: str | None = None
    sealed_at: datetime | None = None
    reason: str | None = None
    location: str | None = None

    @property
    def refers_to(self) -> Reference | None:
        """What the seal says it rests on."""
        return Reference.found_in(self.reason) if self.reason else None


def verify(pdf: bytes, trust_roots: Iterable[bytes], *, at: datetime | None = None) -> SealReport:
    """Judge the PDF; blocks for some 5 ms. ``trust_roots`` are PEM certificates, ``at`` the time to judge for (now).

    Every seal on it must hold. Whatever cannot be read is not trusted: no exception, whatever the bytes.
    """
    roots = [
        x509.Certificate.load(root.public_bytes(Encoding.DER))
        for pem in trust_roots
        for root in pyca.load_pem_x509_certificates(pem)
    ]
    try:
        return asyncio.run(_judge(pdf, roots, at))
    except Exception as error:  # noqa: BLE001 - the bytes of strangers: whatever fails here, the answer is no
        return SealReport(False, f"not readable as a sealed PDF: {type(error).__name__}")


async def verify_async(pdf: bytes, trust_roots: Iterable[bytes], *, at: datetime | None = None) -> SealReport:
    """Judge as ``verify`` does, beside the event loop."""
    return await asyncio.to_thread(verify, pdf, trust_roots, at=at)


async def _judge(pdf: bytes, roots: list[x509.Certificate], at: datetime | None) -> SealReport:
    seals = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    if not seals:
        return SealReport(False, "no seal")
    reports = []
    for seal in seals:
        context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=at)
        status = await async_validate_pdf_signature(seal, signer_validation_context=context)
        reports.append(_report(pdf, seal, status))
    return next((report for report in reports if not report.bottom_line), reports[0])


def _report(pdf: bytes, seal: EmbeddedPdfSignature, status: PdfSignatureStatus) -> SealReport:
    subject = status.signing_cert.subject.native
    fault = _fault(status) or (None if _is_gap_plain(pdf, seal) else "the document was changed after it was sealed")
    return SealReport(
        bottom_line=bool(status.bottom_line) and fault is None,
        fault=fault,
        signer=subject.get("common_name"),
        organisation=subject.get("organization_name"),
        agency_code=subject.get("serial_number"),
        sealed_at=status.signer_reported_dt,
        reason=_text(seal, "/Reason"),
        location=_text(seal, "/Location"),
    )


def _fault(status: PdfSignatureStatus) -> str | None:
    """Say why ``bottom_line`` is false; the words are for people, never judge by them."""
    if status.bottom_line:
        return None
    if not (status.intact and status.valid):
        return "the document was changed after it was sealed"
    if not status.trusted:
        return "the seal is not from a trusted authority"
    return "something was added after the document was sealed"


def _is_gap_plain(pdf: bytes, seal: EmbeddedPdfSignature) -> bool:
    """Tell whether the only bytes that the seal does not cover are its own, in one spelling, and zeros."""
    start, length, end = (int(number) for number in list(seal.byte_range)[:3])
    spelled = seal.pkcs7_content.hex().encode()
    cms_length = parser.peek(seal.pkcs7_content)
    return (
        pdf[start + length : end] in (b"<%b>" % spelled, b"<%b>" % spelled.upper())
        and not seal.pkcs7_content[cms_length:].strip(b"\0")
        and _is_container_plain(seal, seal.pkcs7_content[:cms_length])
    )


def _is_container_plain(seal: EmbeddedPdfSignature, der: bytes) -> bool:
    """Tell whether the fields of the CMS container that are not signed have their only lawful value (RFC 5652)."""
    digest = algos.DigestAlgorithmId(seal.md_algorithm).dump()
    algorithms = [bytes([0x30, len(body)]) + body for body in (digest, digest + core.Null().dump())]
    signed, signer = seal.signed_data, seal.signer_info
    return (
        _is_filled(der)
        and signed["version"].native == signer["version"].native == "v1"
        and [algorithm.dump() in algorithms for algorithm in signed["digest_algorithms"]] == [True]
        and signer["digest_algorithm"].dump() in algorithms
        and signer["sid"].chosen["issuer"].dump() == seal.signer_cert.issuer.dump()
    )


def _is_filled(der: bytes) -> bool:
    """Tell whether the outer sequence ends where its second and last element ends."""
    content = parser.parse(der, strict=True)[4]
    first = parser.peek(content)
    return first + parser.peek(content[first:]) == len(content)


def _text(seal: EmbeddedPdfSignature, key: str) -> str | None:
    value = seal.sig_object.get(key)
    return str(value) if value is not None else None
