"""Offers to wallets: made for the holder, exchanged once for an access token."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework
from kit.clock import clock
from services.issuance import domain, queries
from services.issuance.domain import Refused, State, WalletSecrets, wallets
from services.issuance.models import CredentialGrant, CredentialOffer, Document

TIDY = "tidy-credentials"


@dataclass(frozen=True)
class Offered:
    """What the holder gets to see of an offer, this once."""

    code: str
    tx_code: str
    expires_at: datetime


@dataclass(frozen=True)
class Granted:
    """An access token, and how long it is good."""

    token: str
    life: timedelta


async def offer(session: AsyncSession, secrets: WalletSecrets, document_id: UUID) -> Offered:
    """Offer a credential of a document that is in force or still being made; earlier offers of it are void.

    DocumentNotInForce, TooManyOffers.
    """
    # Locked, so that two offers at once do not both count as the newest.
    (document,) = await queries.documents(session, [document_id], lock=True)
    now = clock.now()
    if not queries.may_be_offered(document):
        raise domain.DocumentNotInForce
    earlier = select(CredentialOffer).where(CredentialOffer.document_id == document_id)
    recent = (await session.exec(earlier.where(CredentialOffer.created_at > now - wallets.OFFER_LIFE))).all()
    if len(recent) >= wallets.MOST_OFFERS:
        raise domain.TooManyOffers(retry_after=int(wallets.OFFER_LIFE.total_seconds()))
    for each in recent:
        each.spent_at = each.spent_at or now
    offered = Offered(wallets.new_secret(), wallets.new_tx_code(), now + wallets.OFFER_LIFE)
    made = CredentialOffer(
        document_id=document_id, code_digest=wallets.digest_of(offered.code), tx_digest="", created_at=now,
        expires_at=offered.expires_at,
    )  # fmt: skip
    made.tx_digest = secrets.tx_digest(made.id, offered.tx_code)
    session.add(made)
    await plan_tidying(session, offered.expires_at + wallets.OFFER_LIFE)  # counted until then, as too many
    return offered


async def redeem(
    session: AsyncSession, secrets: WalletSecrets, agency: str, code: str, typed: str | None
) -> Granted | Refused:
    """Exchange an offer's code for a token, once. A refusal is given back, not raised: what was typed wrong counts."""
    query = (
        select(CredentialOffer, col(Document.state))
        .join(Document, col(Document.id) == CredentialOffer.document_id)
        .where(CredentialOffer.code_digest == wallets.digest_of(code), Document.agency == agency)
        .with_for_update(of=CredentialOffer)
    )
    offered, state = (await session.exec(query)).first() or (None, "")
    now = clock.now()
    if offered is None or offered.spent_at is not None or offered.expires_at <= now:
        return Refused("invalid_grant", "the pre-authorized code is unknown, used or has expired")
    if typed is None:
        return Refused("invalid_request", "tx_code is missing")
    if not secrets.is_tx_code(offered.id, typed, offered.tx_digest):
        offered.wrong += 1
        if offered.wrong >= wallets.MOST_TYPED:
            offered.spent_at = now
        session.add(offered)
        return Refused("invalid_grant", "the transaction code is wrong")
    offered.spent_at = now
    session.add(offered)
    life = wallets.TOKEN_LIFE if State(state) in domain.OUT else wallets.DEFERRED_LIFE
    granted = Granted(wallets.new_secret(), life)
    digest = wallets.digest_of(granted.token)
    session.add(CredentialGrant(document_id=offered.document_id, token_digest=digest, expires_at=now + life))
    await plan_tidying(session, now + life)
    return granted


async def plan_tidying(session: AsyncSession, at: datetime) -> None:
    """Have what expires then removed within the hour after, together with whatever else expires in it."""
    hour = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    await duework.add(session, TIDY, f"{hour:%Y%m%dT%H}", due_at=hour)
