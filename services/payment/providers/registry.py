"""Which providers there are: the one place that names them all."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from kit.app import Kit
from kit.errors import NotFound
from services.payment.domain import CARD, SCB
from services.payment.providers.base import Bank, CardGateway, Provider, ProviderOff
from services.payment.providers.card import Cards
from services.payment.providers.scb import Scb
from services.payment.settings import Settings

KINDS: dict[str, Any] = {SCB: Scb, CARD: Cards}


@asynccontextmanager
async def opened(kit: Kit, settings: Settings) -> AsyncIterator[None]:
    """Provide the providers that are configured: the bank always, a gateway of cards where there is one."""
    async with AsyncExitStack() as stack:
        kinds: list[type[Scb | Cards]] = [Scb, Cards] if settings.takes_cards else [Scb]
        for kind in kinds:
            provider: Provider = kind(settings)
            stack.push_async_callback(provider.close)
            kit.provide(provider)
        yield


def named(kit: Kit, name: str) -> Provider:
    """The provider of that name; NotFound for one that there is not, ProviderOff for one that is not configured."""
    if name not in KINDS:
        raise NotFound
    found: Provider = _of(kit, KINDS[name])
    return found


def bank(kit: Kit) -> Bank:
    """The collecting bank."""
    found: Bank = kit.resource(Scb)
    return found


def card_gateway(kit: Kit) -> CardGateway:
    """The gateway of cards; ProviderOff when none is configured."""
    found: CardGateway = _of(kit, Cards)
    return found


def offers_cards(kit: Kit) -> bool:
    """Whether a gateway of cards is configured."""
    try:
        _of(kit, Cards)
    except ProviderOff:
        return False
    return True


def _of(kit: Kit, kind: type) -> Any:
    try:
        return kit.resource(kind)
    except KeyError as off:
        raise ProviderOff(kind.__name__) from off
