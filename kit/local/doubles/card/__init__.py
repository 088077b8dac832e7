"""Sandbox gateway of cards: a page for the payer, signed webhooks, charges to be retrieved. It takes no card at all."""

from kit.local.doubles.card.app import create_app
from kit.local.doubles.card.desk import CardDesk

__all__ = ["CardDesk", "create_app"]
