"""Routes of the sandbox gateway of cards: its interface, the payer's page, and what a test controls."""

import base64
import json
import secrets
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from kit.clock import clock
from kit.local.doubles.card.book import Charge
from kit.local.doubles.card.desk import CardDesk
from kit.local.doubles.card.payer import MODES


class Order(BaseModel):
    """Body of an order."""

    model_config = ConfigDict(extra="forbid")

    amount: int = Field(gt=0, strict=True)
    currency: str = Field(pattern="^THB$")
    description: str = ""
    return_uri: str
    metadata: dict[str, str] = {}


class Deed(BaseModel):
    """What the payer does."""

    mode: str = "ok"
    seconds: float | None = Field(default=None, ge=0, description="how late, for modes that are late")


class Part(BaseModel):
    """What goes back."""

    amount: int = Field(gt=0, strict=True)


def _desk(request: Request) -> CardDesk:
    desk: CardDesk = request.app.state.desk
    return desk


def _page(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}/pay"


Served = Annotated[CardDesk, Depends(_desk)]
Page = Annotated[str, Depends(_page)]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=255)]


async def _authorised(desk: Served, authorization: Annotated[str, Header()] = "") -> None:
    expected = base64.b64encode(f"{desk.secret_key}:".encode()).decode()
    if not secrets.compare_digest(authorization.encode(), f"Basic {expected}".encode()):
        raise HTTPException(401, "the secret key is wrong")
    await desk.faults.disturb()


partner = APIRouter(dependencies=[Depends(_authorised)])
payer = APIRouter()
control = APIRouter(prefix="/_control", tags=["control"])


@partner.post("/charges", status_code=201)
async def order(order: Order, desk: Served, page: Page, key: Key) -> dict[str, Any]:
    """Order a charge; the same key gives the same charge."""
    now = clock.now()
    ordered = Charge(
        id=f"chrg_{secrets.token_hex(10)}", key=key, amount=order.amount, currency=order.currency,
        description=order.description, return_uri=order.return_uri, metadata=json.dumps(order.metadata),
        state="pending", created_at=now.isoformat(), expires_at=(now + desk.lives).isoformat(),
    )  # fmt: skip
    return desk.book.order(ordered).seen(now).body(page)


@partner.get("/charges/{charge_id}")
async def charge(charge_id: str, desk: Served, page: Page) -> dict[str, Any]:
    """Retrieve a charge."""
    return desk.known(charge_id).seen(clock.now()).body(page)


@partner.post("/charges/{charge_id}/refunds", status_code=201)
async def refund(charge_id: str, part: Part, desk: Served, key: Key) -> dict[str, Any]:
    """Pay a charge back, or a part, once for its key."""
    reference = desk.book.refund(desk.known(charge_id).seen(clock.now()), key, part.amount)
    if reference is None:
        raise HTTPException(422, "so much was not paid")
    return {"object": "refund", "id": reference, "charge": charge_id, "amount": part.amount}


@payer.get("/pay/{charge_id}", response_class=HTMLResponse)
async def show(charge_id: str, desk: Served) -> str:
    """The page to which the payer is sent."""
    found = desk.known(charge_id).seen(clock.now())
    deeds = "".join(f'<button name="mode" value="{mode}">{escape(text)}</button> ' for mode, text in MODES.items())
    return (
        f"<!doctype html><title>Sandbox</title><h1>{found.amount / 100:,.2f} THB</h1>"
        f"<p>{escape(found.description)}: {found.state}</p><form method=post>{deeds}</form>"
    )


@payer.post("/pay/{charge_id}")
async def done(charge_id: str, desk: Served, page: Page, request: Request) -> RedirectResponse:
    """What the payer chose; goes back to whoever ordered."""
    form = (await request.body()).decode("ascii", "replace")
    desk.happen(charge_id, form.removeprefix("mode=")[:40], page)
    return RedirectResponse(desk.known(charge_id).return_uri, 303)


@control.post("/charges/{charge_id}", status_code=201)
async def happen(charge_id: str, deed: Deed, desk: Served, page: Page) -> dict[str, Any]:
    """Act as the payer. Answers with the charge as it is in the book."""
    return desk.happen(charge_id, deed.mode, page, deed.seconds).body(page)


@control.get("/book")
async def book(desk: Served) -> dict[str, Any]:
    """Every charge, every refund, and every webhook with its answer."""
    return desk.book.show()


@control.get("/modes")
async def modes() -> dict[str, str]:
    """Tell the modes of `POST /_control/charges/{id}`."""
    return MODES
