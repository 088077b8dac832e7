"""Push messages of a LINE official account (Messaging API).

The push has no report of receipt: a friend who blocks the account tells by the webhook (``unfollow``).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kit.contracts.claims import ApplicationClaim
from services.delivery.channels import Message, RefusedByChannel, Taken, uuid_key
from services.delivery.channels.posting import Provider, is_plain
from services.delivery.domain.reports import MalformedReport, Report, SignatureRefused, Told

MOST_EVENTS = 200


class Line:
    """``POST /v2/bot/message/push`` with ``X-Line-Retry-Key``: a repeat within 24 hours is answered 409, not sent."""

    name = "line"
    sleeps = True
    forgets_after: timedelta | None = timedelta(hours=23)

    def __init__(self, url: str, token: str, secret: str) -> None:
        self.provider = Provider(self.name, url, token)
        self._secret = secret

    def key_of(self, notice: UUID) -> str:
        """A UUID, as the interface wants it."""
        return uuid_key(self.name, notice)

    def address_in(self, application: ApplicationClaim) -> str | None:
        """The id of a LINE user."""
        return application.line_user

    async def send(self, message: Message) -> Taken:
        """Push one text; 4xx is refused for good."""
        body = {"to": message.to, "messages": [{"type": "text", "text": message.body}]}
        answer, headers = await self.provider.post("/v2/bot/message/push", body, {"X-Line-Retry-Key": message.id})
        request = headers.get("x-line-accepted-request-id") or headers.get("x-line-request-id")
        if answer.status == 409 and "x-line-accepted-request-id" in headers:
            return Taken("409 accepted before", request)
        if answer.status >= 400:
            raise RefusedByChannel(str(answer.status))
        return Taken(str(answer.status), _message_id(answer.content) or request)

    def read_reports(self, headers: Mapping[str, str], body: bytes) -> Sequence[Report]:
        """The webhook: of all its events only that somebody blocked the account says something of a notice."""
        wanted = base64.b64encode(hmac.digest(self._secret.encode(), body, hashlib.sha256))
        if not hmac.compare_digest(wanted, headers.get("x-line-signature", "").encode()):
            raise SignatureRefused
        try:
            events: list[dict[str, Any]] = json.loads(body)["events"]
            return [_blocked(each) for each in events[:MOST_EVENTS] if each["type"] == "unfollow"]
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError) as error:
            raise MalformedReport from error


def _message_id(content: bytes) -> str | None:
    try:
        return str(json.loads(content)["sentMessages"][0]["id"])[:100]
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def _blocked(event: Mapping[str, Any]) -> Report:
    user, identifier = event["source"]["userId"], event["webhookEventId"]
    if not is_plain(user) or not is_plain(identifier):
        raise MalformedReport
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return Report(Told.FAILED, "blocked", identifier, at, address=user)
