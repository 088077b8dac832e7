"""Judges the seal of a PDF against given roots of trust; fetches nothing and trusts nothing else."""

import asyncio
import io
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509  # type: ignore[import-untyped]
from cryptography import x509 as pyca
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from kit.clock import clock
from kit.documents.plain import is_gap_plain
from kit.documents.reference import Reference

# An untrusted seal is an answer here, not an incident with a traceback.
for name in ("pyhanko.sign.validation", "pyhanko.sign.diff_analysis"):
    logging.getLogger(name).setLevel(logging.CRITICAL)


CHANGED = "the document was changed after it was sealed"
ADDED = "something was added after the document was sealed"


@dataclass(frozen=True)
class SealReport:
    """The judgement. Only ``bottom_line`` says whether to trust; the rest tells who claims what, and why not."""

    bottom_line: bool
    fault: str | None = None
    signer: str | None = None
    organisation: str | None = None
    agency_code: str | None = None
    sealed_at: datetime | None = None
    """What the sealing machine said."""
    stamped_at: datetime | None = None
    """What the time-stamp authority said, if it was asked at once."""
    reason: str | None = None
    location: str | None = None

    @property
    def refers_to(self) -> Reference | None:
        """What the seal says it rests on."""
        return Reference.found_in(self.reason) if self.reason else None


def verify(
    pdf: bytes, trust_roots: Iterable[bytes], *, at: datetime | None = None, lists: Sequence[bytes] = ()
) -> SealReport:
    """Judge the PDF; blocks for some 5 ms, a document that was made to last for some 50 ms at the most.

    ``trust_roots`` are PEM certificates, ``at`` the time to judge for (now); ``lists`` of revocations of that time
    (DER) prove the last archive time-stamp where the certificate of the seal has ended. Every seal and time-stamp on it
    must hold, the last of them to the end of the file. Whatever cannot be read is not trusted: no exception, whatever
    the bytes.
    """
    roots = [
        x509.Certificate.load(root.public_bytes(Encoding.DER))
        for pem in trust_roots
        for root in pyca.load_pem_x509_certificates(pem)
    ]
    try:
        return asyncio.run(_judge(pdf, roots, at or clock.now(), lists))
    except Exception as error:  # noqa: BLE001 - the bytes of strangers: whatever fails here, the answer is no
        return SealReport(False, f"not readable as a sealed PDF: {type(error).__name__}")


async def verify_async(
    pdf: bytes, trust_roots: Iterable[bytes], *, at: datetime | None = None, lists: Sequence[bytes] = ()
) -> SealReport:
    """Judge as ``verify`` does, beside the event loop."""
    return await asyncio.to_thread(verify, pdf, trust_roots, at=at, lists=lists)


async def _judge(pdf: bytes, roots: list[x509.Certificate], at: datetime, lists: Sequence[bytes]) -> SealReport:
    reader = PdfFileReader(io.BytesIO(pdf))
    seals, stamps = reader.embedded_regular_signatures, reader.embedded_timestamp_signatures
    if not seals:
        return SealReport(False, "no seal")
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=at)
    fault, are_trusted = await _fault_of_stamps(pdf, stamps, context)
    if fault is None and not _is_covered([*seals, *stamps]):
        fault = ADDED
    reports = []
    for seal in seals:
        status = await async_validate_pdf_signature(seal, signer_validation_context=context)
        holds = bool(status.bottom_line) and are_trusted
        if fault is None and not holds and stamps:
            from kit.documents.lasting import is_lasting  # only here: most do without its memory

            holds = await is_lasting(seal, roots, at, lists)
        reports.append(_report(pdf, seal, status, fault, holds=holds))
    return next((report for report in reports if not report.bottom_line), reports[0])


async def _fault_of_stamps(
    pdf: bytes, stamps: Sequence[EmbeddedPdfSignature], context: ValidationContext
) -> tuple[str | None, bool]:
    """What is wrong with an archive time-stamp, and whether all are of a trusted authority at that time."""
    are_trusted = True
    for stamp in stamps:
        status = await async_validate_pdf_timestamp(stamp, validation_context=context)
        if not (status.intact and status.valid and is_gap_plain(pdf, stamp)):
            return CHANGED, False
        are_trusted = are_trusted and status.trusted
    return None, are_trusted


def _is_covered(signatures: Sequence[EmbeddedPdfSignature]) -> bool:
    """Whether one of them, the last, covers the whole file."""
    levels = [each.evaluate_signature_coverage() for each in signatures]
    return SignatureCoverageLevel.ENTIRE_FILE in levels


def _report(
    pdf: bytes, seal: EmbeddedPdfSignature, status: PdfSignatureStatus, fault: str | None, *, holds: bool
) -> SealReport:
    subject = status.signing_cert.subject.native
    fault = fault or (None if holds else _fault(status)) or (None if is_gap_plain(pdf, seal) else CHANGED)
    return SealReport(
        bottom_line=holds and fault is None,
        fault=fault,
        signer=subject.get("common_name"),
        organisation=subject.get("organization_name"),
        agency_code=subject.get("serial_number"),
        sealed_at=status.signer_reported_dt,
        stamped_at=status.timestamp_validity.timestamp if status.timestamp_validity else None,
        reason=_text(seal, "/Reason"),
        location=_text(seal, "/Location"),
    )


def _fault(status: PdfSignatureStatus) -> str:
    """Say why a seal does not hold; the words are for people, never judge by them."""
    stamp = status.timestamp_validity
    if not (status.intact and status.valid) or (stamp is not None and not (stamp.intact and stamp.valid)):
        return CHANGED
    if not status.bottom_line and status.trusted and (stamp is None or stamp.trusted):
        return ADDED
    return "the seal is not from a trusted authority"


def _text(seal: EmbeddedPdfSignature, key: str) -> str | None:
    value = seal.sig_object.get(key)
    return str(value) if value is not None else None
