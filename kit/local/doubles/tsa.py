"""Time-stamp authority: real RFC 3161 over HTTP, its certificate and a list of revocations from the development root.

A part of another double's process (`kit.local.doubles.mail` mounts it below `/tsa`): `POST /` stamps, `GET /root.crl`
is the list. It has no state but the files of the development authority, and loads what it needs at the first question.
"""

import asyncio
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response

from kit.clock import clock
from kit.local.doubles import require_development
from kit.local.doubles.misbehaviour import Misbehaviour

MODES = {
    "outage": "503",
    "slow": "waits `seconds` before it answers",
    "refuse": "a reply with the status `rejection`",
    "rubbish": "bytes that are no reply",
    "endless": "more bytes than any reply has",
    "wrong-nonce": "a stamp with another nonce than the question's",
    "wrong-imprint": "a stamp for another digest than the question's",
    "broken": "a stamp whose signature is not right",
    "wrong-time": "a stamp of another day",
    "untrusted": "a stamp under the certificate of somebody else",
    "expired": "a stamp under a certificate that has ended",
    "no-list": "404 in the place of the list of revocations",
}
REPLY = "application/timestamp-reply"
POLICY = "2.25.303198462119211041389451297438510374913"  # of nobody: development only


class Authority:
    """What the double does: it stamps, and lists what its root has taken back."""

    def __init__(self, folder: Path, faults: Misbehaviour) -> None:
        self._folder, self._faults = folder, faults
        self._signers: dict[str, Any] = {}

    async def _signer(self, kind: str) -> Any:
        from kit.local.doubles.tsa_signer import Signer  # only here: an idle suite does without its memory

        if kind not in self._signers:
            self._signers[kind] = await asyncio.to_thread(Signer.of_kind, kind, self._folder)
        return self._signers[kind]

    async def stamp(self, request: Request) -> Response:
        """Answer one `TimeStampReq`, or do what the faults say."""
        await self._faults.disturb()
        take = self._faults.take
        if request.headers.get("content-type") != "application/timestamp-query":
            raise HTTPException(415, "not a time-stamp query")
        if take("rubbish"):
            return Response(b"\x30\x82rubbish", media_type=REPLY)
        if take("endless"):
            return Response(bytes(1 << 20), media_type=REPLY)
        kind = next((each for each in ("untrusted", "expired") if take(each)), "own")
        chosen = {each: bool(take(each)) for each in ("refuse", "wrong-nonce", "wrong-imprint", "broken")}
        at = clock.now() + timedelta(days=2 if take("wrong-time") else 0)
        reply = (await self._signer(kind)).reply(await request.body(), at, secrets.randbits(63), chosen)
        return Response(reply, media_type=REPLY)

    async def revocations(self) -> Response:
        """Show the list of revocations of the development root, fresh."""
        await self._faults.disturb()
        if self._faults.take("no-list"):
            raise HTTPException(404, "no list")
        from kit.documents.development import revocation_list  # as above

        await self._signer("own")
        made = await asyncio.to_thread(revocation_list, self._folder, environment="development", at=clock.now())
        return Response(made, media_type="application/pkix-crl")


def create_app(folder: Path) -> FastAPI:
    """Build the authority; `folder` holds the files of the development authority, and gets them where they miss.

    Raises NotDevelopmentError outside development.
    """
    require_development()
    faults = Misbehaviour(MODES)
    authority = Authority(folder, faults)
    app = FastAPI(title="Time-stamp authority", docs_url=None, redoc_url=None)
    app.include_router(faults.router())
    app.post("/")(authority.stamp)
    app.get("/root.crl")(authority.revocations)
    return app
