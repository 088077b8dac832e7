"""Bill payment after the model of SCB: an unsigned confirmation, verified by inquiry."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from kit.clients import Answer
from kit.clock import clock
from services.payment import promptpay
from services.payment.domain import SCB, BankTransaction, MalformedCallback
from services.payment.providers.exchange import Exchange
from services.payment.providers.reading import moment, short_text
from services.payment.settings import Settings

BILL_PAYMENT = "00300100"


class Scb:
    """The bank's HTTP interface with a client-credential token kept while it is valid."""

    name = SCB

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._exchange = Exchange("bank", settings.bank_url)
        self._signing_in = asyncio.Lock()
        self._token = ""
        self._valid_until = 0.0

    async def close(self) -> None:
        """Close the connection."""
        await self._exchange.close()

    def read_callback(
        self, body: Mapping[str, Any], _headers: Mapping[str, str] | None = None, _content: bytes = b""
    ) -> BankTransaction:
        """Read the confirmation, which nobody signs; payer names and accounts in it are not kept."""
        try:
            return BankTransaction(
                transaction_id=short_text(body["transactionId"]),
                biller_id=short_text(body["payeeProxyId"]),
                reference1=short_text(body["billPaymentRef1"]),
                amount=promptpay.satang(short_text(body["amount"])),
                paid_at=moment(body["transactionDateandTime"]),
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
        answer = await self._send("GET", path, token=self._token, params=parameters)
        if answer.status == 401:
            self._valid_until = 0.0
            msg = "bank did not take the token"
            raise ConnectionError(msg)
        return answer

    async def _send(self, method: str, path: str, *, token: str = "", **rest: Any) -> Answer:
        own = {"resourceOwnerId": self._settings.bank_api_key, "requestUId": str(uuid4())}
        return await self._exchange.send(
            method, path, own | ({"Authorization": f"Bearer {token}"} if token else {}), **rest
        )

    async def _sign_in(self) -> None:
        body = {
            "applicationKey": self._settings.bank_api_key,
            "applicationSecret": self._settings.bank_api_secret.get_secret_value(),
        }
        answer = await self._send("POST", "/v1/oauth/token", json=body)
        if answer.status != 200:
            msg = f"bank refused the credentials with {answer.status}"
            raise ConnectionError(msg)
        data = answer.json()["data"]
        self._token = data["accessToken"]
        self._valid_until = clock.now().timestamp() + float(data["expiresIn"]) * 0.8
