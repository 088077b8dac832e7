"""Providers by name, where their money lies, and what becomes of a charge. Pure."""

from enum import StrEnum

SCB = "scb"
CARD = "card"
ACCOUNTS = {SCB: "bank"}
"""Where the ledger keeps what a provider has collected; a gateway's own account, until it remits to the bank."""


class ChargeState(StrEnum):
    """A charge waits for the payer until it succeeds, fails or is too old."""

    PENDING = "pending"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    EXPIRED = "expired"


def account_of(provider: str) -> str:
    """The ledger's account of what a provider has collected."""
    return ACCOUNTS.get(provider, provider)
