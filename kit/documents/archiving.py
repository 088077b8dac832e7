"""Makes a sealed document last (PAdES B-LTA): what proves its certificates, and a time-stamp over all of it.

Both are added behind the file as it was, which stays the beginning of the new one to the last byte. It asks lists of
revocations, OCSP responders and the time-stamp authority, so that it takes its time: for due work only.
"""

import asyncio
import io
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from asn1crypto import cms  # type: ignore[import-untyped]
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import dummy_digest
from pyhanko.sign.validation import DocumentSecurityStore, EmbeddedPdfSignature, collect_validation_info
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    InsufficientRevinfoError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
)
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend
from pyhanko_certvalidator.fetchers.api import FetchLimits

from kit.clock import clock
from kit.documents.keys import SealError
from kit.documents.roots import Roots
from kit.documents.sealing import Writer
from kit.documents.timestamps import DIGEST, Timestamps, bounded, ends_at

FIELD = "ArchiveTimestamp"
SECONDS = 5.0
"""For one list, one responder."""
STAMP_SECONDS = 12.0
"""For a time-stamp: more than the authority has."""
TIMEOUT = aiohttp.ClientTimeout(total=SECONDS)
MOST_BYTES = 10 * 1024 * 1024
"""Of one list."""
KEPT = timedelta(hours=1)
"""A list is asked for anew after so long."""


REST_SECONDS = 60.0
"""After a list could not be had nobody asks for so long."""
LIMITS = FetchLimits(max_requests=32, max_cert_requests=8)
"""For one document: how often addresses in certificates are asked."""


class ProofAway(OSError):
    """What proves a certificate cannot be had now. Tried again later."""


class ProofMissing(ProofAway):
    """Whoever was asked has answered, and a certificate is not proved by it: that changes in days, if at all."""


class Archive:
    """Extends sealed documents; ``lists`` are addresses of lists of revocations besides those in the certificates."""

    def __init__(self, timestamps: Timestamps, roots: Roots, lists: Sequence[str] = ()) -> None:
        self._timestamps, self._roots, self._lists = timestamps, roots, lists
        self._found: tuple[datetime, list[bytes]] | None = None
        self._rests_until = 0.0
        self._failure = ""
        self._threads = ThreadPoolExecutor(2, "archive")  # they wait for others: seals have threads of their own

    def close(self) -> None:
        """End the threads; what they do is done again."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def extend(self, pdf: bytes) -> bytes:
        """The file with what proves it and a new archive time-stamp behind; the first one, or one more.

        ProofAway and TimestampAway pass; SealError when a certificate was revoked or leads to none of the roots.
        """
        lists = await self._revocations()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._extended, pdf, lists, loop)

    async def _revocations(self) -> list[bytes]:
        """The lists at the addresses given, not older than an hour."""
        now = clock.now()
        if self._found is not None and abs(now - self._found[0]) < KEPT:
            return self._found[1]
        if time.monotonic() < self._rests_until:
            raise ProofAway(self._failure)
        lists = []
        try:
            async with aiohttp.ClientSession(timeout=TIMEOUT, raise_for_status=True) as client:
                for url in self._lists:
                    async with client.get(url) as answer:
                        lists.append(await bounded(answer, MOST_BYTES))
        except (OSError, aiohttp.ClientError) as error:
            self._failure = f"a list of revocations cannot be had: {type(error).__name__}"
            self._rests_until = time.monotonic() + REST_SECONDS
            raise ProofAway(self._failure) from error
        self._found = now, lists
        return lists

    def _extended(self, pdf: bytes, lists: list[bytes], loop: asyncio.AbstractEventLoop) -> bytes:
        """Blocks for some 50 ms of processor time, and while others are asked."""
        return asyncio.run(self._added(pdf, lists, loop))

    async def _added(self, pdf: bytes, lists: list[bytes], loop: asyncio.AbstractEventLoop) -> bytes:
        stamper = _Stamper(self._timestamps, loop)
        async with aiohttp.ClientSession(response_class=_Bounded) as client:
            context = self._context(lists, AIOHttpFetcherBackend(client, SECONDS, limits=LIMITS))
            reader = PdfFileReader(io.BytesIO(pdf))
            stamps = reader.embedded_timestamp_signatures
            try:
                paths = await _paths(reader, context, stamper)
            except (PathBuildingError, PathValidationError, InsufficientRevinfoError) as error:
                raise _judged(error) from error
            except TimeoutError as error:  # the library takes others for an answer
                raise ProofAway("who was asked to prove a certificate does not answer") from error
        writer = Writer(io.BytesIO(pdf))
        DocumentSecurityStore.supply_dss_in_writer(writer, None, paths=paths, validation_context=context)
        out: io.BytesIO = await PdfTimeStamper(stamper, field_name=f"{FIELD}{len(stamps) + 1}").async_timestamp_pdf(
            writer, DIGEST, bytes_reserved=2 * self._timestamps.room, output=io.BytesIO()
        )
        return out.getvalue()

    def _context(self, lists: list[bytes], backend: AIOHttpFetcherBackend) -> ValidationContext:
        given: dict[str, Any] = {
            "trust_roots": list(self._roots.certificates()),
            "crls": lists,
            "revocation_mode": "require",
        }
        if clock.is_moved:  # nobody outside follows the development clock
            return ValidationContext(**given, moment=clock.now())
        return ValidationContext(**given, allow_fetching=True, fetcher_backend=backend)


def stamp_ends(pdf: bytes) -> datetime:
    """When the certificate of the last archive time-stamp of a document ends; ValueError where there is none."""
    stamps = PdfFileReader(io.BytesIO(pdf)).embedded_timestamp_signatures
    if not stamps:
        raise ValueError("a document without an archive time-stamp")
    ends: datetime = stamps[-1].signer_cert.not_valid_after
    return ends


async def stamp_ends_async(pdf: bytes) -> datetime:
    """Tell as ``stamp_ends`` does, beside the event loop."""
    return await asyncio.to_thread(stamp_ends, pdf)


async def _paths(reader: PdfFileReader, context: ValidationContext, stamper: "_Stamper") -> list[Any]:
    """What is to be proved: the seal and its time-stamp at first, later the last archive time-stamp; the authority."""
    paths = []
    if stamps := reader.embedded_timestamp_signatures:
        paths += await collect_validation_info(stamps[-1], context)
    else:
        for seal in reader.embedded_regular_signatures:
            paths += await _paths_of_seal(seal, context)
    async for path in stamper.validation_paths(context):
        paths.append(path)
    return paths


async def _paths_of_seal(seal: EmbeddedPdfSignature, context: ValidationContext) -> list[Any]:
    """Those of the authority that stamped it, as of now; its own as of that time, where it was revoked since."""
    stamps = list(extract_tst_data_iter(seal.signer_info, signed=False))
    try:
        own = await _path(seal.signed_data, context)
    except RevokedError:
        if not stamps:
            raise
        own = await _path(seal.signed_data, _as_of(stamps, context))
    return [own, *[await _path(stamp, context) for stamp in stamps]]


def _as_of(stamps: Sequence[cms.SignedData], context: ValidationContext) -> ValidationContext:
    """The same proofs, which go into the document, judged for the time of the first of these time-stamps."""
    stamped_at = min(each["encap_content_info"]["content"].parsed["gen_time"].native for each in stamps)
    return ValidationContext(
        trust_manager=context.path_builder.trust_manager,
        certificate_registry=context.certificate_registry,
        revinfo_manager=context.revinfo_manager,
        revocation_mode="require",
        moment=stamped_at,
        retroactive_revinfo=True,
    )


async def _path(signed: cms.SignedData, context: ValidationContext) -> Any:
    """From the certificate of who signed to a root, proved on the way."""
    found = extract_certificate_info(signed)
    given: dict[str, Any] = {"intermediate_certs": found.other_certs, "validation_context": context}
    return await CertificateValidator(found.signer_cert, **given).async_validate_usage(key_usage=set())


def _judged(error: Exception) -> Exception:
    if isinstance(error, RevokedError):
        return SealError("a certificate of the document was revoked")
    if isinstance(error, InsufficientRevinfoError):
        return ProofMissing(f"a certificate cannot be proved now: {error}")
    return SealError(f"a certificate of the document does not hold: {error}")


class _Bounded(aiohttp.ClientResponse):
    """An answer to the library, which itself would read one without end."""

    async def read(self) -> bytes:
        """Read it whole, if it is not too long."""
        try:
            return await bounded(self, MOST_BYTES)
        except OSError as error:
            raise aiohttp.ClientPayloadError(str(error)) from error


class _Stamper(TimeStamper):
    """The library's view of the authority: asked in the event loop that has its connections."""

    def __init__(self, timestamps: Timestamps, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._timestamps, self._loop = timestamps, loop
        self.last = b""

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Get a checked token."""
        assert md_algorithm == DIGEST  # noqa: S101 - we ask for no other
        asked = asyncio.run_coroutine_threadsafe(self._timestamps.stamp(message_digest), self._loop)
        async with asyncio.timeout(STAMP_SECONDS):  # where the loop has ended meanwhile nobody would answer
            self.last = await asyncio.wrap_future(asked)
        return cms.ContentInfo.load(self.last)

    async def async_dummy_response(self, md_algorithm: str) -> cms.ContentInfo:
        """Give a token of the authority as it signs now: the last one, or one asked for nothing."""
        last = self._timestamps.last
        is_current = last is not None and ends_at(last) > clock.now()
        token = cms.ContentInfo.load(last) if is_current else await self.async_timestamp(dummy_digest(DIGEST), DIGEST)
        self._register_dummy(md_algorithm, token)
        return token
