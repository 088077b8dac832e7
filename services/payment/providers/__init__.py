"""Who collects, each a plug-in: a bank finds what was paid by bill and day, a gateway of cards by its own id."""

from services.payment.providers.base import Bank, CardGateway, Charge, Order, Provider, ProviderOff
from services.payment.providers.registry import bank, card_gateway, named, offers_cards, opened

__all__ = [
    "Bank",
    "CardGateway",
    "Charge",
    "Order",
    "Provider",
    "ProviderOff",
    "bank",
    "card_gateway",
    "named",
    "offers_cards",
    "opened",
]
