"""What a provider tells of a payment."""

from typing import Any

from fastapi import APIRouter, Depends, Request

from kit.auth import allow
from kit.database import Session
from kit.errors import NotFound
from services.payment import commands
from services.payment.providers.scb import Scb

router = APIRouter(tags=["payment"])


@router.post("/payment-callbacks/{provider}", dependencies=[Depends(allow("anyone"))])
async def callback(request: Request, session: Session, provider: str, body: dict[str, Any]) -> dict[str, str]:
    """Take a bank's confirmation down as hearsay: it is unsigned, so the bank's inquiry decides."""
    bank = request.app.state.kit.resource(Scb)
    if provider != bank.name:
        raise NotFound
    told = bank.read_callback(body)
    payment = await commands.hear(session, provider, told)
    return bank.answer(told.transaction_id, payment.hex)
