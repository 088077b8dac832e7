"""A charge is followed to its end: a gateway that stays silent loses no payment."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from kit import crashpoint
from kit.app import Kit
from kit.clock import clock
from kit.duework import Later
from services.payment import commands, providers, queries
from services.payment.domain import ChargeState
from services.payment.duework.verifying import INQUIRED, look_again
from services.payment.models import Checkout
from services.payment.providers import Charge

FOLLOW_AGAIN = timedelta(seconds=60)
ABANDONED = timedelta(hours=1)
"""When an order that the gateway never answered is given up: no payer was ever sent to it."""


OVERDUE = timedelta(hours=6)
"""How long after its own end a charge that the gateway still calls pending is waited for."""
LONGEST_LIFE = timedelta(days=1)
"""Of a charge whose end the gateway does not tell."""


async def stands(kit: Kit, begun: Checkout) -> Charge:
    """What became of a charge that was ordered; expired, too, when its end is long past and it is still pending."""
    charge = await providers.card_gateway(kit).retrieve(str(begun.charge_id))
    ends_at = begun.expires_at or begun.created_at + LONGEST_LIFE
    is_over = charge.state is ChargeState.PENDING and clock.now() >= ends_at + OVERDUE
    return replace(charge, state=ChargeState.EXPIRED) if is_over else charge


async def follow(kit: Kit, key: str, payload: dict[str, Any]) -> None:
    """Ask what became of a charge until it has ended, whether or not anybody told of it."""
    async with kit.database.reading() as session:
        begun = await queries.checkout(session, UUID(key))
    if begun.state != ChargeState.PENDING:
        return
    charge = await _charge(kit, begun)
    if charge is not None and charge.state is ChargeState.PENDING:
        look_again(payload, FOLLOW_AGAIN)
        return
    if charge is not None and charge.transaction is not None:
        crashpoint.reach(INQUIRED)
    async with kit.database.transaction() as session:
        await commands.conclude(session, begun.id, charge)


async def _charge(kit: Kit, begun: Checkout) -> Charge | None:
    """The charge as it stands; None where the gateway never answered the order, Later while it still may."""
    if begun.charge_id is not None:
        return await stands(kit, begun)
    if clock.now() < begun.created_at + ABANDONED:
        raise Later(begun.created_at + ABANDONED)
    return None
