"""Credentials: given a place in a status list, once for each access token, to the key that was proven."""

import random
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit.auth import public_of, thumbprint
from kit.clock import clock
from kit.rows import fetch
from services.issuance import domain, queries
from services.issuance.commands.offering import plan_tidying
from services.issuance.domain import Refused, statuslist, wallets
from services.issuance.models import Credential, CredentialGrant, SpentNonce

CHANCE = random.SystemRandom()
TRIED = 32
"""Places that are tried at once; of a list that is half full all are taken once in four thousand million times."""
HOLD_LISTS = "SELECT pg_advisory_xact_lock(45070, hashtext($1))"
OPEN_LIST = "SELECT id FROM status_list WHERE agency = $1 AND given < $2 ORDER BY running LIMIT 1 FOR NO KEY UPDATE"
NEW_LIST = """
    INSERT INTO status_list (id, agency, running, given)
    SELECT $1, $2::text, coalesce(max(running), 0) + 1, 0 FROM status_list WHERE agency = $2::text
    ON CONFLICT DO NOTHING
"""
TAKEN = "SELECT place FROM credential WHERE list_id = $1 AND place = ANY($2::int[])"
DENIED = "credential_request_denied"


async def credit(session: AsyncSession, grant_id: UUID, nonce: str, holder: str) -> Credential | Refused:
    """Issue the credential of a grant to whoever has proven that key; asked again for the same key, the same one.

    The nonce is spent whatever becomes of it, so a refusal is given back, not raised.
    """
    grant = await _locked(session, grant_id)
    return await _spent(session, nonce) or await _credited(session, grant, holder)


async def defer(session: AsyncSession, grant_id: UUID, nonce: str, key: Mapping[str, str]) -> str | Refused:
    """Keep the proven key until the document is made; the transaction under which the wallet asks again."""
    grant = await _locked(session, grant_id)
    if refused := await _spent(session, nonce):
        return refused
    transaction = wallets.new_secret()
    grant.transaction_digest, grant.holder_key = wallets.digest_of(transaction), dict(key)
    session.add(grant)
    return transaction


async def collect(session: AsyncSession, grant_id: UUID, transaction: str) -> Credential | Refused:
    """Issue what was deferred, to the key that was proven then; the transaction ends with it."""
    grant = await _locked(session, grant_id)
    if grant.transaction_digest != wallets.digest_of(transaction):
        return Refused("invalid_transaction_id", "the transaction is unknown or has ended")
    credited = await _credited(session, grant, thumbprint(public_of(grant.holder_key)))
    if isinstance(credited, Credential):
        grant.transaction_digest = None
        session.add(grant)
    return credited


async def note_fate(session: AsyncSession, grant: CredentialGrant, identifier: str, event: str) -> Refused | None:
    """Keep what a wallet says has become of its credential."""
    if grant.credential_id is None or identifier != str(grant.credential_id):
        return Refused("invalid_notification_id", "the notification is unknown")
    credential = (await session.exec(select(Credential).where(Credential.id == grant.credential_id))).one()
    credential.fate = event
    session.add(credential)
    return None


async def _locked(session: AsyncSession, grant_id: UUID) -> CredentialGrant:
    query = select(CredentialGrant).where(CredentialGrant.id == grant_id).with_for_update()
    grant = (await session.exec(query)).first()
    if grant is None:  # it has expired since it was read
        raise domain.invalid_token()
    return grant


async def _spent(session: AsyncSession, nonce: str) -> Refused | None:
    expires_at = clock.now() + timedelta(seconds=wallets.NONCE_LIFE_S + wallets.NONCE_FAST_S)
    spending = insert(SpentNonce).values(digest=wallets.digest_of(nonce), expires_at=expires_at)
    await plan_tidying(session, expires_at)
    written = await session.execute(spending.on_conflict_do_nothing().returning(col(SpentNonce.digest)))
    return None if written.first() else Refused("invalid_nonce", "the nonce has been used")


async def _credited(session: AsyncSession, grant: CredentialGrant, holder: str) -> Credential | Refused:
    # Shared with others who issue, but nobody changes what the document is worth before the place is known to be its.
    # Always before a list: whoever acts on a document holds that first, too.
    await fetch(session, "SELECT FROM document WHERE id = $1 FOR SHARE", grant.document_id)
    (document,) = await queries.documents(session, [grant.document_id])
    if not queries.is_in_force(document):
        return Refused(DENIED, "the document is not in force")
    if grant.credential_id is not None:
        known = (await session.exec(select(Credential).where(Credential.id == grant.credential_id))).one()
        return known if known.holder == holder else Refused(DENIED, "the credential is issued to another key")
    list_id = await _open_list(session, document.agency)
    place = await _free_place(session, list_id)
    credential = Credential(document_id=document.id, list_id=list_id, place=place, holder=holder, issued_at=clock.now())
    grant.credential_id = credential.id
    session.add(credential)
    session.add(grant)
    return credential


async def _open_list(session: AsyncSession, agency: str) -> UUID:
    """A list of the agency that has room, locked; a new one where there is none.

    One at a time for an agency, as the list would have it anyway: who waits for a list that fills up meanwhile keeps
    its lock, and would wait for whoever opens the next one, who may just be waiting for that lock.
    """
    await fetch(session, HOLD_LISTS, agency)
    while True:
        if found := await fetch(session, OPEN_LIST, agency, statuslist.FULL):
            list_id: UUID = found[0]["id"]
            break
        await fetch(session, NEW_LIST, uuid7(), agency)
    await fetch(session, "UPDATE status_list SET given = given + 1 WHERE id = $1", list_id)
    return list_id


async def _free_place(session: AsyncSession, list_id: UUID) -> int:
    """A place that was never given, by chance: its number says nothing of when, or of how many."""
    while True:
        tried = CHANCE.sample(range(statuslist.SLOTS), TRIED)
        taken = {row["place"] for row in await fetch(session, TAKEN, list_id, tried)}
        if free := [place for place in tried if place not in taken]:
            return free[0]
