"""People and officers as clients of the public API and of nothing else: for the demo and the journey tests."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx

PATIENCE = 60.0


class Unexpected(AssertionError):
    """The platform answered otherwise than the walk expects."""


class Visitor:
    """Somebody before the gateway, signed in or not."""

    def __init__(self, urls: Mapping[str, str], http: httpx.AsyncClient, authorization: str | None = None) -> None:
        self.urls = urls
        self.http = http
        self.authorization = authorization

    def with_authorization(self, authorization: str) -> "Visitor":
        """The same connection, with other credentials."""
        return Visitor(self.urls, self.http, authorization)

    async def send(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """Send a request to the gateway, whatever the answer."""
        headers = dict(kwargs.pop("headers", None) or {})
        if self.authorization:
            headers.setdefault("Authorization", self.authorization)
        return await self.http.request(method, path, headers=headers, **kwargs)

    async def ask(self, method: str, path: str, **kwargs: Any) -> Any:
        """Send a request that must succeed and return its JSON, or its bytes."""
        answer = await self.send(method, path, **kwargs)
        if not answer.is_success:
            raise Unexpected(f"{method} {path}: {answer.status_code} {answer.text[:2000]}")
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer.content

    async def get(self, path: str, **kwargs: Any) -> Any:
        """GET that must succeed."""
        return await self.ask("GET", path, **kwargs)

    async def post(self, path: str, body: Any = None, **kwargs: Any) -> Any:
        """POST that must succeed."""
        return await self.ask("POST", path, json=body, **kwargs)

    async def sign_in(self, pid: str, purpose: str = "citizen") -> "Visitor":
        """Sign in through ThaiD's double as the synthetic person of that number."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        wish = {"as": purpose, "provider": "thaid", "code_challenge": challenge}
        started = await self.post("/v1/sign-in", wish)
        at_provider = f"{started['authorization_url']}&{urlencode({'login_hint': pid})}"
        back = await self.http.get(at_provider, follow_redirects=False)
        if back.status_code not in (302, 303):
            raise Unexpected(f"the provider did not send back: {back.status_code}")
        code = (await self.get(back.headers["location"]))["code"]
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        answer = await self.http.post("/v1/token", data=form)
        if not answer.is_success:
            raise Unexpected(f"no token: {answer.status_code} {answer.text}")
        return self.with_authorization(f"Bearer {answer.json()['access_token']}")

    async def start(self, definition: str, language: str = "th") -> "Journey":
        """Begin a journey; an anonymous one is held by its secret from here on."""
        body = {"definition": definition, "language": language}
        started = await self.post("/v1/journeys", body, headers={"Idempotency-Key": secrets.token_hex(16)})
        holder = self
        if started["secret"]:
            holder = self.with_authorization(f"Journey {started['tracking_number']}.{started['secret']}")
        return Journey(holder, started["id"])


class Journey:
    """One journey in the hands of its applicant."""

    def __init__(self, visitor: Visitor, journey_id: str) -> None:
        self.visitor = visitor
        self.id = journey_id
        self.path = f"/v1/journeys/{journey_id}"

    async def view(self) -> dict[str, Any]:
        """The journey as its owner sees it."""
        seen: dict[str, Any] = await self.visitor.get(self.path)
        return seen

    async def fill(
        self, form: Mapping[str, Any], email: str | None = None, language: str = "th", **contacts: str
    ) -> None:
        """Save the draft; ``contacts`` are further addresses of the applicant."""
        opened = await self.visitor.send("GET", f"{self.path}/application")
        body = {"form": dict(form), "email": email, "language": language, **contacts}
        headers = {"If-Match": opened.headers["etag"]}
        await self.visitor.ask("PUT", f"{self.path}/application", json=body, headers=headers)

    async def submit(self) -> dict[str, Any]:
        """File it and return the acknowledgement."""
        key = {"Idempotency-Key": secrets.token_hex(16)}
        told: dict[str, Any] = await self.visitor.post(f"{self.path}/submission", headers=key)
        return told

    async def withdraw(self) -> None:
        """Take it back."""
        await self.visitor.post(f"{self.path}/withdrawal")

    async def until(self, check: Callable[[dict[str, Any]], Any], seconds: float = PATIENCE) -> dict[str, Any]:
        """Look at the journey until the check holds, and return the view."""
        seen: dict[str, Any] = {}
        try:
            async with asyncio.timeout(seconds):
                while not check(seen := await self.view()):
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            told = [f"{entry['step']}:{entry['type']}" for entry in seen.get("timeline", [])]
            raise Unexpected(f"journey {self.id} stays at {seen.get('current')}: {told}") from error
        return seen

    async def until_ended(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """Wait for the end of the journey."""
        return await self.until(lambda seen: seen["ended"], seconds)

    async def until_at(self, step: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """Wait until the journey has come to a step."""
        return await self.until(lambda seen: seen["current"] == step, seconds)

    async def invoice(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """Wait for an open invoice and return it."""
        async with asyncio.timeout(seconds):
            while True:
                bills = await self.visitor.get(f"{self.path}/invoices")
                for bill in bills:
                    if bill["state"] == "open":
                        return dict(bill)
                await asyncio.sleep(0.1)

    async def pay(self, mode: str = "ok", **order: Any) -> dict[str, Any]:
        """Pay the open invoice in the payer's app, by its QR text."""
        bill = await self.invoice()
        order = {"qr": bill["promptpay"], "mode": mode} | order
        answer = await self.visitor.http.post(f"{self.visitor.urls['bank']}/_control/pay", json=order)
        if answer.status_code != httpx.codes.CREATED:
            raise Unexpected(f"the bank did not take the payment: {answer.status_code} {answer.text}")
        return bill

    async def pay_by_card(self, mode: str = "ok") -> dict[str, Any]:
        """Pay the open invoice on the page of the gateway of cards."""
        bill = await self.invoice()
        begun = await self.visitor.post(f"/v1/invoices/{bill['id']}/card-payments")
        charge = begun["url"].rpartition("/")[2]
        path = f"{self.visitor.urls['bank']}/card/_control/charges/{charge}"
        answer = await self.visitor.http.post(path, json={"mode": mode})
        if answer.status_code != httpx.codes.CREATED:
            raise Unexpected(f"the gateway of cards did not take the payment: {answer.status_code} {answer.text}")
        return bill


@asynccontextmanager
async def visitor(urls: Mapping[str, str], language: str = "th") -> AsyncIterator[Visitor]:
    """Somebody who is not signed in, before the gateway of a running suite."""
    headers = {"Accept-Language": language}
    async with httpx.AsyncClient(base_url=urls["gateway"], timeout=30, headers=headers) as http:
        yield Visitor(urls, http)
