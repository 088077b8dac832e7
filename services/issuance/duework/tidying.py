"""What has expired of the exchange with wallets is removed; credentials and their places in the lists stay for ever."""

from datetime import timedelta
from typing import Any

from kit.app import Kit
from kit.clock import clock
from kit.rows import fetch
from services.issuance.domain.wallets import OFFER_LIFE

KEPT = {
    "credential_offer": OFFER_LIFE,  # counted for as long, whoever asks for too many
    "credential_grant": timedelta(),
    "spent_nonce": timedelta(),
}


async def tidy(kit: Kit, _key: str, _payload: dict[str, Any]) -> None:
    """Remove what is of no use any more; doing it again changes nothing."""
    now = clock.now()
    async with kit.database.transaction() as session:
        for table, kept in KEPT.items():
            await fetch(session, f"DELETE FROM {table} WHERE expires_at <= $1", now - kept)  # noqa: S608 - our tables
