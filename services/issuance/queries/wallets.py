"""Reads for wallets: what may be offered, what a token is for."""

from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.clock import clock, local_date
from kit.rows import fetch
from services.issuance import domain
from services.issuance.domain import State, Status
from services.issuance.models import CredentialGrant, Document
from services.issuance.queries.documents import COLUMNS, documents, is_of

JUDGED = ("state", "valid_until", "suspended_until")
"""The columns by which ``domain.status_on`` judges: the trigger ``note_status_change`` looks at the same."""


def is_in_force(document: Document) -> bool:
    """Whether a document, issued or not, is worth now what it says."""
    return document.state in domain.OUT and domain.status_on(document, local_date(clock.now())) is Status.VALID


def may_be_offered(document: Document) -> bool:
    """Whether a credential of it may be offered to a wallet: it is in force, or still being made."""
    return document.state in domain.UNFINISHED or is_in_force(document)


async def offerable(session: AsyncSession, principal: Principal, journey: UUID) -> Document:
    """The document of a journey of which a wallet gets a credential: the newest in force, or the one being made.

    DocumentNotFound also when it is somebody else's; DocumentNotInForce when there was one.
    """
    query = f"SELECT {COLUMNS} FROM document WHERE journey_id = $1 ORDER BY id DESC"  # noqa: S608 - our own columns
    found = [Document(**row) for row in await fetch(session, query, journey)]
    own = [each for each in found if is_of(each, principal) and each.state != State.STOPPED]
    if not own:
        raise domain.DocumentNotFound
    offered = [each for each in own if may_be_offered(each)]
    if not offered:
        raise domain.DocumentNotInForce
    return max(offered, key=lambda each: (each.state in domain.OUT, each.id))


async def grant_of(session: AsyncSession, agency: str, token: str) -> tuple[CredentialGrant, Document]:
    """What an access token is for; invalid_token (``Refused``) where it counts for nothing at that issuer."""
    query = select(CredentialGrant).where(CredentialGrant.token_digest == domain.wallets.digest_of(token))
    grant = (await session.exec(query)).first()
    if grant is None or grant.expires_at <= clock.now():
        raise domain.invalid_token()
    (document,) = await documents(session, [grant.document_id])
    if document.agency != agency:
        raise domain.invalid_token()
    return grant, document
