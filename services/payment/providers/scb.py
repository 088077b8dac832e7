"""Bill payment after the model of SCB: an unsigned confirmation, verified by inquiry."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import httpx

from kit.clients import open_client
from kit.clock import clock
from services.payment import promptpay
from services.payment.domain import BankTransaction, MalformedCallback
from services.payment.settings import Settings

BILL_PAYMENT = "00300100"
YEARS = range(2000, 2200)
"""Of a payment; near the ends of what a date can be, another time zone is out of range."""


class Scb:
    """The bank's HTTP interface with a client-credential token kept while it is valid."""

    name = "scb"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = open_client(settings.bank_url, httpx.Timeout(15.0, connect=3.0))
        self._signing_in = asyncio.Lock()
        self._token = ""
        self._valid_until = 0.0

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

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
        if answer.status_code == 404:
            return []
        if answer.status_code != 200:
            msg = f"bank answered {answer.status_code}"
            raise ConnectionError(msg)
        return [self.read_callback(row) for row in answer.json()["data"]]

    async def _get(self, path: str, parameters: Mapping[str, str]) -> httpx.Response:
        try:
            async with self._signing_in:  # once for all who ask now: a new token may end the old one
                if self._valid_until <= clock.now().timestamp():
                    await self._sign_in()
            headers = self._headers() | {"Authorization": f"Bearer {self._token}"}
            answer = await self._client.get(path, params=parameters, headers=headers)
            if answer.status_code == 401:
                self._valid_until = 0.0
                msg = "bank did not take the token"
                raise ConnectionError(msg)
        except httpx.HTTPError as error:
            msg = "bank is away"
            raise ConnectionError(msg) from error
        return answer

    def _headers(self) -> dict[str, str]:
        return {"resourceOwnerId": self._settings.bank_api_key, "requestUId": str(uuid4())}

    async def _sign_in(self) -> None:
        body = {
            "applicationKey": self._settings.bank_api_key,
            "applicationSecret": self._settings.bank_api_secret.get_secret_value(),
        }
        answer = await self._client.post("/v1/oauth/token", json=body, headers=self._headers())
        if answer.status_code != 200:
            msg = f"bank refused the credentials with {answer.status_code}"
            raise ConnectionError(msg)
        data = answer.json()["data"]
        self._token = data["accessToken"]
        self._valid_until = clock.now().timestamp() + float(data["expiresIn"]) * 0.8


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
