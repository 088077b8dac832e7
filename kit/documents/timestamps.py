"""Asks a time-stamp authority (TSA) for time-stamps by RFC 3161 and believes no answer that it has not checked.

The library's own client checks neither what was stamped nor who stamped it, and asks for one stamp more than is needed.
"""

import asyncio
import hashlib
import secrets
import time
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal

import aiohttp
from asn1crypto import algos, cms, tsp  # type: ignore[import-untyped]
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from kit.clock import clock
from kit.documents.roots import Roots, RootsAway

DIGEST = "sha256"
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
TIMEOUT = aiohttp.ClientTimeout(total=8.0, connect=3.0)
MOST_BYTES = 65_536
SKEW = timedelta(minutes=10)
"""How far the authority's clock may be from ours: a seal with another day on it would do harm."""
REST_SECONDS = 5.0
"""After a failure nobody asks for so long: what is to be sealed waits without work."""
SPARE = 256
Policy = Literal["required", "deferred", "none"]


class TimestampAway(OSError):
    """No time-stamp now: the authority does not answer, refuses, or answers what does not hold. Tried again later."""


class Timestamps:
    """A time-stamp authority at a URL, whose certificate must lead to one of ``roots``; for one event loop.

    With the policy ``deferred`` a seal does without a stamp that cannot be had now; with ``required`` it waits.
    """

    def __init__(
        self, url: str, roots: Roots, *, policy: Policy = "required",
        login: tuple[str, str] | None = None,
    ) -> None:  # fmt: skip
        self._url, self._roots, self._login = url, roots, login
        self.is_required = policy == "required"
        self.room = 6_144
        """Bytes to leave for a stamp: what the longest one took, and some more; a guess before the first."""
        self.last: bytes | None = None
        """The last stamp: how the authority signs now."""
        self._session: aiohttp.ClientSession | None = None
        self._rests_until = 0.0
        self._failure = ""

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def check(self) -> None:
        """Raise TimestampAway where a stamp is required and is known not to be had: before any work is done for it."""
        if self.is_required:
            self._check_rest()
            self._check_roots()

    def _check_roots(self) -> None:
        try:
            self._roots.certificates()
        except RootsAway as error:
            raise TimestampAway(str(error)) from error

    def _check_rest(self) -> None:
        if time.monotonic() < self._rests_until:
            raise TimestampAway(self._failure)

    async def for_seal(self, signature: bytes) -> bytes | None:
        """The stamp for a signature; None where it is not required and cannot be had."""
        try:
            return await self.stamp(hashlib.sha256(signature).digest())
        except TimestampAway:
            if self.is_required:
                raise
            return None

    async def stamp(self, digest: bytes) -> bytes:
        """The checked time-stamp token (DER) for a SHA-256 digest. TimestampAway."""
        self._check_rest()
        self._check_roots()  # before the authority is asked for what could not be checked
        nonce = secrets.randbits(63) | 1 << 62
        try:
            token = await asyncio.to_thread(self._token, await self._ask(_request(digest, nonce)), digest, nonce)
        except (OSError, aiohttp.ClientError) as error:
            said = str(error) or type(error).__name__
            self._failure = f"the time-stamp authority cannot be used now: {said}"
            self._rests_until = time.monotonic() + REST_SECONDS
            raise TimestampAway(self._failure) from error
        self.room = max(len(token) + SPARE, self.room if self.last else 0)
        self.last = token
        return token

    async def _ask(self, request: bytes) -> bytes:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())
        headers = {"Content-Type": QUERY, "Accept": REPLY}
        auth = aiohttp.BasicAuth(*self._login) if self._login else None
        asking = self._session.post(self._url, data=request, headers=headers, auth=auth, allow_redirects=False)
        async with asking as answer:
            if answer.status != HTTPStatus.OK:
                raise TimestampAway(f"HTTP {answer.status}")
            return await bounded(answer, MOST_BYTES)

    def _token(self, reply: bytes, digest: bytes, nonce: int) -> bytes:
        """Read the reply and check its token; blocks for some 3 ms."""
        try:
            answer = tsp.TimeStampResp.load(reply, strict=True)
            status = str(answer["status"]["status"].native)
            if not status.startswith("granted"):
                raise TimestampAway(f"refused ({status}, {answer['status']['fail_info'].native})")
            token = answer["time_stamp_token"]
            der: bytes = token.dump()
            signed = cms.ContentInfo.load(der)["content"]
            info = signed["encap_content_info"]["content"].parsed
            if info["nonce"].native != nonce:
                raise TimestampAway("an answer to another question")
            fault = asyncio.run(self._fault(signed, digest))
            if fault is None and abs(info["gen_time"].native - clock.now()) > SKEW:
                fault = "its clock is wrong"
        except TimestampAway:
            raise
        except Exception as error:  # the bytes of somebody else
            raise TimestampAway(f"an answer that cannot be read ({type(error).__name__})") from error
        if fault is not None:
            raise TimestampAway(fault)
        return der

    async def _fault(self, signed: cms.SignedData, digest: bytes) -> str | None:
        context = ValidationContext(
            trust_roots=list(self._roots.certificates()), allow_fetching=False, moment=clock.now()
        )
        asked = {DIGEST: digest}
        found = await validate_tst_signed_data(signed, context, lambda algorithm: asked.get(algorithm, b""))
        status = TimestampSignatureStatus(**found)
        if not (status.intact and status.valid):
            return "a stamp that is not for what was asked, or not signed by whom it names"
        return None if status.trusted else "its certificate is not trusted or does not hold now"


def _request(digest: bytes, nonce: int) -> bytes:
    imprint = {"hash_algorithm": algos.DigestAlgorithm({"algorithm": DIGEST}), "hashed_message": digest}
    asked = {"version": 1, "message_imprint": tsp.MessageImprint(imprint), "nonce": nonce, "cert_req": True}
    return bytes(tsp.TimeStampReq(asked).dump())


async def bounded(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """Read a body of so many bytes at the most; OSError for more."""
    body = b""
    async for part in answer.content.iter_any():
        body += part
        if len(body) > most:
            raise OSError("an answer without end")
    return body


def ends_at(token: bytes) -> datetime:
    """When the certificate that signed a time-stamp token ends: until then it must be stamped anew."""
    signer = extract_certificate_info(cms.ContentInfo.load(token)["content"]).signer_cert
    ends: datetime = signer.not_valid_after
    return ends
