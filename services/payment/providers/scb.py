"""Bill payment after the model of SCB: an unsigned confirmation, verified by inquiry."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
from uuid import uuid4

import aiohttp

from kit import telemetry
from kit.clients import Answer
from kit.clock import clock
from services.payment import promptpay
from services.payment.domain import BankTransaction, MalformedCallback
from services.payment.settings import Settings

BILL_PAYMENT = "00300100"
TIMEOUT = aiohttp.ClientTimeout(total=15.0, sock_connect=3.0)
YEARS = range(2000, 2200)
"""Of a payment; near the ends of what a date can be, another time zone is out of range."""


class Scb:
    """The bank's HTTP interface with a client-credential token kept while it is valid.

    aiohttp itself, since every payment is asked about here: httpx above it costs three times as much.
    """

    name = "scb"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = settings.bank_url.rstrip("/")
        self._client = aiohttp.ClientSession(
            timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), proxy=_proxy_to(settings.bank_url)
        )
        self._signing_in = asyncio.Lock()
        self._token = ""
        self._valid_until = 0.0

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()

    def read_callback(self, body: Mapping[str, Any]) -> BankTransaction:
        """Read the confirmation; payer names and accounts in it are not kept."""
        try:
            return BankTransaction(
                transaction_id=_text(body["transactionId"]),
                biller_id=_text(body["payeeProxyId"]),
                reference1=_text(body["billPaymentRef1"]),
                amount=promptpay.satang(_text(body["amount"])),
                paid_at=_moment(body["transactionDateandTime"]),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise MalformedCallback from error

    def answer(self, transaction_id: str, confirmation: str) -> dict[str, str]:
        """``resCode`` 00, or the bank calls three times more and then writes an e-mail."""
        return {
            "resCode": "00",
            "resDesc": "success",
            "transactionId": transaction_id,
            "confirmId": confirmation,
        }

    async def inquire(self, biller_id: str, reference1: str, day: date) -> Sequence[BankTransaction]:
        """Ask for the payments under a reference on one day."""
        parameters = {
            "eventCode": BILL_PAYMENT,
            "transactionDate": day.isoformat(),
            "billerId": biller_id,
            "reference1": reference1,
        }
        answer = await self._get("/v1/payment/billpayment/inquiry", parameters)
        if answer.status == 404:
            return []
        if answer.status != 200:
            msg = f"bank answered {answer.status}"
            raise ConnectionError(msg)
        return [self.read_callback(row) for row in answer.json()["data"]]

    async def _get(self, path: str, parameters: Mapping[str, str]) -> Answer:
        async with self._signing_in:  # once for all who ask now: a new token may end the old one
            if self._valid_until <= clock.now().timestamp():
                await self._sign_in()
        answer = await self._exchange("GET", path, token=self._token, params=parameters)
        if answer.status == 401:
            self._valid_until = 0.0
            msg = "bank did not take the token"
            raise ConnectionError(msg)
        return answer

    async def _exchange(self, method: str, path: str, *, token: str = "", **rest: Any) -> Answer:
        own = {"resourceOwnerId": self._settings.bank_api_key, "requestUId": str(uuid4())}
        with telemetry.client_span(f"{method} bank") as carried:
            sent = own | carried | ({"Authorization": f"Bearer {token}"} if token else {})
            try:
                async with self._client.request(
                    method, f"{self._url}{path}", headers=sent, allow_redirects=False, **rest
                ) as answer:
                    return Answer(answer.status, await answer.read())
            except (aiohttp.ClientError, TimeoutError) as error:
                msg = "bank is away"
                raise ConnectionError(msg) from error

    async def _sign_in(self) -> None:
        body = {
            "applicationKey": self._settings.bank_api_key,
            "applicationSecret": self._settings.bank_api_secret.get_secret_value(),
        }
        answer = await self._exchange("POST", "/v1/oauth/token", json=body)
        if answer.status != 200:
            msg = f"bank refused the credentials with {answer.status}"
            raise ConnectionError(msg)
        data = answer.json()["data"]
        self._token = data["accessToken"]
        self._valid_until = clock.now().timestamp() + float(data["expiresIn"]) * 0.8


def _proxy_to(url: str) -> str | None:
    """The proxy that the environment names for an address, as httpx would find it; looked up once."""
    parts, proxies = urlsplit(url), getproxies()
    return None if proxy_bypass(parts.hostname or "") else proxies.get(parts.scheme) or proxies.get("all")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 64 or not (value.isascii() and value.isprintable()):
        msg = "not a short text of plain characters"
        raise ValueError(msg)
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        msg = "time without zone"
        raise ValueError(msg)
    if moment.year not in YEARS:
        msg = "time of no payment"
        raise ValueError(msg)
    return moment
