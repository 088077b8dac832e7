"""The gateway's webhook, signed by the rules of Standard Webhooks, and its retries."""

import asyncio
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook

from kit.local.doubles.card.book import Book, Charge

RETRIES = 3


@dataclass(frozen=True)
class Letter:
    """One webhook, ready to be posted."""

    charge: Charge
    content: str
    headers: dict[str, str]


def letter(secret: str, charge: Charge, told: dict[str, Any]) -> Letter:
    """Write and sign a webhook; its time is the machine's own, by which old ones are refused."""
    now, number = datetime.now(UTC), f"msg_{secrets.token_hex(12)}"
    content = json.dumps({"type": "charge.complete", "timestamp": now.isoformat(), "data": told})
    signer = Webhook(secret if secret.startswith("whsec_") else secret.encode())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": number,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign(number, now, content),
    }
    return Letter(charge, content, headers)


class Sender:
    """Posts webhooks to one address: three retries, then it gives up."""

    def __init__(self, url: str | None, book: Book, retry_seconds: float) -> None:
        self._url, self._book, self._retry_seconds = url, book, retry_seconds
        self._client = httpx.AsyncClient(timeout=10)
        self._under_way: set[asyncio.Task[None]] = set()

    def schedule(self, letter: Letter, after: float) -> None:
        """Post it in `after` seconds; what is under way is lost when the gateway stops."""
        if self._url is None:
            return
        task = asyncio.create_task(self._deliver(self._url, letter, after))
        self._under_way.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        """Stop all posting."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._client.aclose()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.result()  # an error here is a fault of the double: let the event loop report it

    async def _deliver(self, url: str, letter: Letter, after: float) -> None:
        await asyncio.sleep(after)
        for attempt in range(1, RETRIES + 2):
            try:
                answer = await self._client.post(url, content=letter.content, headers=letter.headers)
                accepted, said = answer.is_success, f"{answer.status_code} {answer.text[:500]}"
            except httpx.HTTPError as failed:
                accepted, said = False, repr(failed)
            self._book.note(letter.charge, attempt, accepted=accepted, answer=said)
            if accepted:
                return
            await asyncio.sleep(self._retry_seconds)
