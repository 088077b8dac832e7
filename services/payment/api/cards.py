"""Paying by card, on the gateway's own page."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from kit.app import Kit
from kit.auth import Principal, allow
from services.payment import commands, domain, providers
from services.payment.models import Checkout, Invoice
from services.payment.providers import CardGateway, Order
from services.payment.schemas import CardPayment

router = APIRouter(tags=["payment"])

Owner = Annotated[Principal, Depends(allow("citizen", "holder"))]


@router.post("/invoices/{invoice_id}/card-payments", status_code=201)
async def pay_by_card(request: Request, owner: Owner, invoice_id: UUID, response: Response) -> CardPayment:
    """Begin to pay an open invoice by card, and say where to send the payer.

    Asking again leads to the same page while it is good, and to a new one after a refusal.
    """
    # No connection is held while the gateway is asked.
    kit: Kit = request.app.state.kit
    if not providers.offers_cards(kit):
        raise domain.CardNotOffered
    try:
        begun = await _begun(kit, providers.card_gateway(kit), owner, invoice_id)
    except OSError as away:
        raise domain.CardGatewayAway(retry_after=10) from away
    response.headers["Cache-Control"] = "no-store"
    return CardPayment.of(begun)


async def _begun(kit: Kit, gateway: CardGateway, owner: Principal, invoice_id: UUID) -> Checkout:
    """A charge that the payer may use now."""
    invoice, begun = await _wanted(kit, gateway, owner, invoice_id)
    if begun.charge_id is not None:
        charge = await gateway.retrieve(begun.charge_id)
        if charge.state is domain.ChargeState.PENDING:
            return begun
        async with kit.database.transaction() as session:
            await commands.conclude(session, begun.id, charge)
        invoice, begun = await _wanted(kit, gateway, owner, invoice_id)
    order = Order(begun.id, invoice.biller_id, invoice.reference1, begun.amount, invoice.number, invoice.id)
    charge = await gateway.begin(order)
    async with kit.database.transaction() as session:
        return await commands.record_charge(session, begun.id, charge)


async def _wanted(kit: Kit, gateway: CardGateway, owner: Principal, invoice_id: UUID) -> tuple[Invoice, Checkout]:
    async with kit.database.transaction() as session:
        return await commands.want_checkout(session, invoice_id, owner, gateway.name)
