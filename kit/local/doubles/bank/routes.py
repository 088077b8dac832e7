"""Routes of the sandbox bank: token, inquiry, and the payer's side under `/_control`."""

import secrets
import time
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request
from pydantic import BaseModel, Field

from kit.clock import clock
from kit.local.doubles.bank.book import Book, Payment
from kit.local.doubles.bank.callback import Caller, confirmation
from kit.local.doubles.bank.payer import Delays, pay
from kit.local.doubles.bank.scan import Bill, CannotPayError, checked, scan

TOKEN_SECONDS = 1800
BILL_PAYMENT_EVENT = "00300100"

partner = APIRouter(prefix="/v1")
control = APIRouter(prefix="/_control", tags=["control"])


class BankError(Exception):
    """An error answer: HTTP status and the bank's code. Codes other than 1000 are [K]: judge by status."""

    def __init__(self, status: int, code: int, description: str) -> None:
        super().__init__(description)
        self.status, self.code, self.description = status, code, description


class Credentials(BaseModel):
    """Body of the token request."""

    applicationKey: str  # noqa: N815 -- the bank's name
    applicationSecret: str  # noqa: N815 -- the bank's name


class Order(BaseModel):
    """What the payer does: scan `qr` (QR or barcode text), or type biller and references. Satang."""

    qr: str | None = None
    biller: str = ""
    ref1: str = ""
    ref2: str = ""
    ref3: str = ""
    amount: int | None = Field(default=None, gt=0)
    mode: str = "ok"
    seconds: float | None = Field(default=None, ge=0, description="how late, for modes that are late")

    def bill(self) -> Bill:
        """Read the bill; raises CannotPayError."""
        if self.qr is not None:
            return scan(self.qr)
        return checked(Bill(self.biller, self.ref1, self.ref2, self.ref3))


@dataclass
class Bank:
    """State of one sandbox bank, shared by its routes."""

    key: str
    secret: str
    book: Book
    caller: Caller
    delays: Delays
    unpaid_is_404: bool
    tokens: dict[str, float] = field(default_factory=dict)


def _bank(request: Request) -> Bank:
    bank: Bank = request.app.state.bank
    return bank


Served = Annotated[Bank, Depends(_bank)]


async def _identified(
    resource_owner: Annotated[str, Header(alias="resourceOwnerId")] = "",
    request_uid: Annotated[str, Header(alias="requestUId")] = "",
) -> None:
    if not resource_owner or not request_uid:
        raise BankError(400, 1101, "missing header resourceOwnerId or requestUId")


async def _authorised(bank: Served, authorization: Annotated[str, Header()] = "") -> None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or bank.tokens.get(token, 0) <= time.monotonic():
        raise BankError(401, 9500, "access token is invalid or has expired")


@partner.post("/oauth/token", dependencies=[Depends(_identified)])
async def token(credentials: Credentials, bank: Served) -> dict[str, Any]:
    """Access token for the API key and secret."""
    given = f"{credentials.applicationKey}:{credentials.applicationSecret}"
    if not secrets.compare_digest(given.encode(), f"{bank.key}:{bank.secret}".encode()):
        raise BankError(401, 9500, "application key or secret is wrong")
    access = secrets.token_urlsafe(32)
    bank.tokens[access] = time.monotonic() + TOKEN_SECONDS
    expires_at = int(clock.now().timestamp()) + TOKEN_SECONDS
    data = {
        "accessToken": access,
        "tokenType": "Bearer",
        "expiresIn": TOKEN_SECONDS,
        "expiresAt": expires_at,
    }
    return _success(data)


@partner.get("/payment/billpayment/inquiry", dependencies=[Depends(_identified), Depends(_authorised)])
async def inquire(
    bank: Served,
    event_code: Annotated[str, Query(alias="eventCode")],
    transaction_date: Annotated[date, Query(alias="transactionDate")],
    biller_id: Annotated[str, Query(alias="billerId", pattern=r"^[0-9]{15}$")],
    reference1: Annotated[str, Query(pattern=r"^[A-Z0-9]{1,20}$")],
    reference2: str | None = None,
    amount: Annotated[Decimal | None, Query(max_digits=15, decimal_places=2)] = None,
) -> dict[str, Any]:
    """Payments of one Bangkok day on one reference. An unpaid bill gets `[]`, or 404 by option [K]."""
    if event_code != BILL_PAYMENT_EVENT:
        raise BankError(400, 1102, "eventCode must be 00300100")
    satang = None if amount is None else int(amount * 100)
    found = bank.book.find(biller_id, reference1, transaction_date, reference2, satang)
    if not found and bank.unpaid_is_404:
        raise BankError(404, 1104, "requested entity record does not exist")
    return _success([_transaction(payment) for payment in found])


@control.post("/pay", status_code=201)
async def act(order: Order, bank: Served) -> dict[str, Any]:
    """Act as the payer's app. Answers with what was paid; a bill that no app would pay is 422."""
    delays = bank.delays if order.seconds is None else Delays(bank.delays.callback, order.seconds)
    try:
        happenings = pay(order.bill(), order.amount, order.mode, clock.now(), delays)
    except CannotPayError as refused:
        raise HTTPException(422, str(refused)) from refused
    for happening in happenings:
        if happening.visible_in is not None:
            bank.book.add(happening.payment, happening.visible_in)
        for after in happening.calls_in:
            bank.caller.schedule(happening.payment, after)
    return {"mode": order.mode, "payments": [happening.payment for happening in happenings]}


@control.get("/book")
async def book(bank: Served) -> dict[str, Any]:
    """Everything that was paid, and every call to the biller with its answer."""
    return bank.book.show()


def _success(data: object) -> dict[str, Any]:
    return {"status": {"code": 1000, "description": "Success"}, "data": data}


def _transaction(payment: Payment) -> dict[str, str]:
    told = confirmation(payment)
    del told["merchantId"]
    return {"eventCode": BILL_PAYMENT_EVENT, "reverseFlag": "N", **told, "partnerTransactionId": ""}
