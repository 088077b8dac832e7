"""What a provider tells of a payment."""

from typing import Any

from fastapi import APIRouter, Depends, Request

from kit.auth import allow
from kit.database import Session
from kit.errors import NotFound
from services.payment import commands, providers

router = APIRouter(tags=["payment"])


@router.post("/payment-callbacks/{provider}", dependencies=[Depends(allow("anyone"))])
async def callback(request: Request, session: Session, provider: str, body: dict[str, Any]) -> dict[str, str]:
    """Take a provider's confirmation down as hearsay: signed or not, what the provider answers when asked decides."""
    try:
        teller = providers.named(request.app.state.kit, provider)
    except providers.ProviderOff as off:
        raise NotFound from off
    told = teller.read_callback(body, request.headers, await request.body())
    if told is None:
        return teller.answer("", "")
    payment = await commands.hear(session, teller.name, told)
    return teller.answer(told.transaction_id, payment.hex)
