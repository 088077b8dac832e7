"""What a provider told is verified: asked about, because only its answers are believed."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from kit import crashpoint
from kit.app import Kit
from kit.clock import clock
from kit.duework import Later, Work
from services.payment import commands, providers, queries
from services.payment.domain import CARD, SCB, BankTransaction, PaymentState

INQUIRED = "the bank has answered, nothing is booked yet"
VERIFY_AGAIN = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
MOST_LOOKS = 80
"""For what the provider does not show: three days, since pauses double up to the longest."""


async def verify_all(kit: Kit, works: Sequence[Work]) -> list[str]:
    """Ask about several callbacks side by side and apply what is booked in one transaction.

    Gives back those that were not answered or are not shown yet, and whose invoice somebody else holds.
    """
    answers = await asyncio.gather(*(_booked(kit, payload) for _, payload in works), return_exceptions=True)
    booked: dict[str, dict[UUID, list[BankTransaction]]] = {}
    for (_, payload), answer in zip(works, answers, strict=True):
        if not isinstance(answer, BaseException) and answer:
            of_provider = booked.setdefault(_provider(payload), {})
            of_provider.setdefault(UUID(payload["invoice"]), []).extend(answer)
    verified: set[UUID] = set()
    if booked:
        async with kit.database.transaction() as session:
            for provider, transactions in booked.items():
                verified |= await commands.settle_all(session, provider, transactions)
    return [key for key, _ in works if UUID(key) not in verified]


async def verify(kit: Kit, key: str, payload: dict[str, Any]) -> None:
    """Verify one callback: it stays unverified until its provider shows the transaction.

    Looks are counted, not days: after a clock that was set wrong the provider is asked as often as ever.
    """
    if booked := await _booked(kit, payload):
        async with kit.database.transaction() as session:
            if UUID(key) in await commands.settle(session, UUID(payload["invoice"]), _provider(payload), booked):
                return
    async with kit.database.reading() as session:
        payment = await queries.payment(session, UUID(key))
    if payment.state == PaymentState.UNVERIFIED:
        look_again(payload, VERIFY_AGAIN)


def look_again(payload: Mapping[str, Any], pause: timedelta) -> None:
    """Raise Later, with a pause that doubles from look to look; nothing once there were too many."""
    looks = payload.get("looks", 0) + 1
    if looks < MOST_LOOKS:
        raise Later(clock.now() + min(pause * 2 ** min(looks - 1, 10), LONGEST_PAUSE), {**payload, "looks": looks})


def _provider(payload: Mapping[str, Any]) -> str:
    return str(payload.get("provider", SCB))  # planned by an earlier release


async def _booked(kit: Kit, payload: Mapping[str, Any]) -> Sequence[BankTransaction]:
    if _provider(payload) == CARD:
        paid = (await providers.card_gateway(kit).retrieve(payload["transaction"])).transaction
        booked: Sequence[BankTransaction] = [paid] if paid else []
    else:
        biller, reference = await _bill(kit, payload)
        booked = await providers.bank(kit).inquire(biller, reference, date.fromisoformat(payload["day"]))
    if booked:
        crashpoint.reach(INQUIRED)
    return booked


async def _bill(kit: Kit, payload: Mapping[str, Any]) -> tuple[str, str]:
    """Biller and reference that the bank is asked about."""
    if "biller" in payload:
        return payload["biller"], payload["reference"]
    async with kit.database.reading() as session:  # planned by an earlier release
        found = await queries.invoice(session, UUID(payload["invoice"]))
    return found.biller_id, found.reference1
