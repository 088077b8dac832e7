"""The interfaces: LINE's push, the SMS gateway's messages, the post-house's letters."""

import base64
import hashlib
import hmac
import re
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Header, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from kit.clock import clock
from kit.local.doubles.mail.outlet import Outlet, number, statuses

REMEMBERED = timedelta(hours=24)
LINE_USER = re.compile(r"U[0-9a-f]{32}")
S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def line_signature(secret: str, body: bytes) -> dict[str, str]:
    """The header of LINE's webhook."""
    return {"X-Line-Signature": base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()}


class Push(BaseModel):
    """Body of a push message."""

    to: str
    messages: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=5)]


class ShortMessage(BaseModel):
    """Body of an SMS."""

    reference: UUID
    sender: Annotated[str, Field(alias="from", pattern=r"^[A-Za-z0-9 ]{1,11}$")]
    to: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{7,14}$")]
    text: Annotated[str, Field(min_length=1, max_length=670)]


class Letter(BaseModel):
    """Body of a letter."""

    reference: UUID
    service: Annotated[str, Field(pattern="^(registered|ems)$")]
    address: Annotated[list[str], Field(min_length=1, max_length=10)]
    subject: str
    text: Annotated[str, Field(min_length=1)]


def line(outlet: Outlet) -> APIRouter:
    """The Messaging API, as far as a push needs it."""
    router = APIRouter(dependencies=[Depends(outlet.require_token)])

    @router.post("/v2/bot/message/push")
    async def push(body: Push, x_line_retry_key: Annotated[UUID, Header()]) -> Response:
        """Push; a key that is remembered is answered 409 with the request that was accepted."""
        request = {"X-Line-Request-Id": str(uuid4())}
        if refusal := outlet.refusal(body.to):
            return refusal
        if not LINE_USER.fullmatch(body.to):
            return JSONResponse({"message": "The property, 'to', in the request body is invalid"}, 400, request)
        if before := outlet.known(str(x_line_retry_key)):
            accepted = {"X-Line-Accepted-Request-Id": before.number}
            answer = JSONResponse({"message": "The retry key is already accepted"}, 409, request | accepted)
            return await outlet.answered(body.to, answer)
        kept = await outlet.keep(str(x_line_retry_key), request["X-Line-Request-Id"], body.to, body.model_dump())
        if outlet.faults.take("bounce", body.to):
            outlet.tell(body.to, _unfollow(body.to))
        said = {"sentMessages": [{"id": str(int(kept.at.timestamp() * 1e6)), "quoteToken": "x"}]}
        return await outlet.answered(body.to, JSONResponse(said, 200, request))

    return router


def _unfollow(user: str) -> dict[str, Any]:
    event = {
        "type": "unfollow", "mode": "active", "timestamp": int(clock.now().timestamp() * 1000),
        "source": {"type": "user", "userId": user}, "webhookEventId": uuid4().hex,
        "deliveryContext": {"isRedelivery": False},
    }  # fmt: skip
    return {"destination": "U" + "f" * 32, "events": [event]}


def sms(outlet: Outlet) -> APIRouter:
    """The gateway."""
    router = APIRouter(dependencies=[Depends(outlet.require_token)])

    @router.post("/messages")
    async def send(body: ShortMessage) -> Response:
        """Take a message; a reference that is remembered is answered as the first time."""
        if refusal := outlet.refusal(body.to):
            return refusal
        key = str(body.reference)
        kept = outlet.known(key)
        if kept is None:
            kept = await outlet.keep(key, number("M"), body.to, {"text": body.text, "from": body.sender})
            for status in statuses(outlet, body.to, "sent", "delivered", "undelivered"):
                outlet.tell(body.to, report("message_id", kept.number, key, status))
        answer = JSONResponse({"message_id": kept.number, "status": "accepted"}, 202)
        return await outlet.answered(body.to, answer)

    return router


def post(outlet: Outlet) -> APIRouter:
    """The post-house."""
    router = APIRouter(dependencies=[Depends(outlet.require_token)])

    @router.post("/letters")
    async def send(body: Letter) -> Response:
        """Take a letter; a reference is remembered for ever."""
        to, key = body.address[0], str(body.reference)
        if refusal := outlet.refusal(to):
            return refusal
        kept = outlet.known(key)
        if kept is None:
            tracking = s10("E" if body.service == "ems" else "R", len(outlet.sent) + 1)
            kept = await outlet.keep(key, tracking, to, body.model_dump(mode="json"))
            for status in statuses(outlet, to, "posted", "delivered", "returned"):
                outlet.tell(to, report("tracking_number", tracking, key, status))
        return await outlet.answered(to, JSONResponse({"tracking_number": kept.number}, 201))

    return router


def report(number_name: str, number_: str, key: str, status: str) -> dict[str, str]:
    """Body of a report."""
    return {
        "event_id": uuid4().hex, number_name: number_, "reference": key, "status": status,
        "at": clock.now().isoformat(),
    }  # fmt: skip


def s10(kind: str, serial: int) -> str:
    """A tracking number of UPU S10: service, eight digits, check digit, country."""
    digits = f"{serial:08d}"[-8:]
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, S10_WEIGHTS, strict=True)) % 11
    return f"{kind}B{digits}{ {10: 0, 11: 5}.get(check, check) }TH"
