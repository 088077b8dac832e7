"""Card payment on the gateway's own page, after the model that the known gateways share.

A charge is ordered once for its key; the payer is sent to the gateway's page; its webhook is signed by the rules of
Standard Webhooks, and still only what the charge says when it is retrieved is believed. Money goes back in the
gateway's own console or by its API, by the two cashiers of every refund.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from kit.clients import Answer
from services.payment.domain import (
    CARD,
    BankTransaction,
    CallbackNotSigned,
    ChargeState,
    MalformedCallback,
)
from services.payment.providers.base import Charge, Order
from services.payment.providers.exchange import Exchange
from services.payment.providers.reading import moment, short_text
from services.payment.settings import Settings

CHARGE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_SATANG = 10**13
NOT_FOUND = 404


class Cards:
    """The gateway's HTTP interface with a secret key."""

    name = CARD

    def __init__(self, settings: Settings) -> None:
        key, secret = settings.card_secret_key, settings.card_webhook_secret
        if not settings.card_url or key is None or secret is None:
            msg = "no gateway of cards is configured"
            raise ValueError(msg)
        self._exchange = Exchange("card gateway", settings.card_url)
        self._schemes = {"https", urlsplit(settings.card_url).scheme}
        self._return_to = f"{settings.public_url.rstrip('/')}/v1/invoices/"
        basic = base64.b64encode(f"{key.get_secret_value()}:".encode()).decode()
        self._headers = {"Authorization": f"Basic {basic}", "Accept": "application/json"}
        self._webhook = webhook_of(secret.get_secret_value())

    async def close(self) -> None:
        """Close the connection."""
        await self._exchange.close()

    def read_callback(
        self, body: Mapping[str, Any], headers: Mapping[str, str], content: bytes
    ) -> BankTransaction | None:
        """Read a webhook that the gateway signed less than five minutes ago; None unless a charge succeeded."""
        try:
            self._webhook.verify(content, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            raise CallbackNotSigned from error
        if body.get("type") != "charge.complete":
            return None
        try:
            return _charge(body["data"]).transaction
        except (KeyError, ValueError, TypeError) as error:
            raise MalformedCallback from error

    def answer(self, transaction_id: str, confirmation: str) -> dict[str, str]:
        """Any answer of the kind 2xx will do."""
        return {"received": transaction_id, "confirmation": confirmation}

    async def begin(self, order: Order) -> Charge:
        """Order a charge; the same key gives the same charge. ConnectionError when the gateway cannot answer now."""
        body = {
            "amount": order.amount,
            "currency": "THB",
            "description": order.description,
            "return_uri": f"{self._return_to}{order.invoice_id}",
            "metadata": {"biller": order.biller_id, "reference1": order.reference1},
        }
        headers = self._headers | {"Idempotency-Key": str(order.key)}
        return self._read(await self._exchange.send("POST", "/charges", headers, json=body), 200, 201)

    async def retrieve(self, charge_id: str) -> Charge:
        """A charge as it stands, expired where the gateway knows none. ConnectionError when it cannot answer now."""
        if not CHARGE_ID.fullmatch(charge_id):
            msg = "not the id of a charge"
            raise ValueError(msg)
        answer = await self._exchange.send("GET", f"/charges/{charge_id}", self._headers)
        if answer.status == NOT_FOUND:  # no payer can pay it any more
            return Charge(charge_id, ChargeState.EXPIRED, url="", expires_at=None, transaction=None)
        charge = self._read(answer, 200)
        if charge.charge_id != charge_id:
            msg = "the gateway answered with another charge"
            raise ConnectionError(msg)
        return charge

    def _read(self, answer: Answer, *good: int) -> Charge:
        if answer.status not in good:
            msg = f"card gateway answered {answer.status}"
            raise ConnectionError(msg)
        try:
            charge = _charge(answer.json())
        except (KeyError, ValueError, TypeError) as error:
            msg = "card gateway answered with what is no charge"
            raise ConnectionError(msg) from error
        parts = urlsplit(charge.url)
        if parts.scheme not in self._schemes or not parts.hostname:
            msg = "card gateway sends payers to no page"
            raise ConnectionError(msg)
        return charge


def webhook_of(secret: str) -> Webhook:
    """Who signs and verifies with a secret: ``whsec_`` and base64 as the standard writes it, or any other text."""
    return Webhook(secret if secret.startswith("whsec_") else secret.encode())


def _charge(body: Mapping[str, Any]) -> Charge:
    """A charge as the gateway writes it; KeyError, ValueError, TypeError."""
    charge_id, state = short_text(body["id"]), ChargeState(body["status"])
    if not CHARGE_ID.fullmatch(charge_id):
        msg = "not the id of a charge"
        raise ValueError(msg)
    return Charge(
        charge_id=charge_id,
        state=state,
        url=short_text(body["authorize_uri"], most=2000),
        expires_at=moment(body["expires_at"]) if body.get("expires_at") else None,
        transaction=_transaction(charge_id, body) if state is ChargeState.SUCCESSFUL else None,
    )


def _transaction(charge_id: str, body: Mapping[str, Any]) -> BankTransaction:
    amount, about = body["amount"], body["metadata"]
    if type(amount) is not int or not 0 < amount <= MOST_SATANG or body["currency"] != "THB":
        msg = "not an amount of satang"
        raise ValueError(msg)
    return BankTransaction(
        transaction_id=charge_id,
        biller_id=short_text(about["biller"]),
        reference1=short_text(about["reference1"]),
        amount=amount,
        paid_at=moment(body["paid_at"]),
    )
