"""Documents are asked for, stopped, given up and tried again."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework, outbox
from kit.auth import Principal
from kit.claims import APPLICATION, SECTION, Known
from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.definition import IssuanceStep
from kit.contracts.events import Voided
from kit.rows import put
from services.issuance import domain
from services.issuance.commands.telling import place_of
from services.issuance.domain import Kind, NumberState, State
from services.issuance.models import Document, Number

WORK = "issue"
REISSUE = "reissue"
"""Due work: a document in the place of another is made."""


async def request_document(session: AsyncSession, event: Event, known: Known) -> None:
    """Take the hand-over down and plan the work; a hand-over of the same journey and step changes nothing."""
    section, application = known[SECTION], known[APPLICATION]
    settings: IssuanceStep = section.settings(str(event.nextstep))
    document = Document(
        **event.arrival(), person_id=application.person, application_number=application.number,
        agency_name=section.agency_name.model_dump(), title=settings.title.model_dump(), series=settings.series,
        state=State.REQUESTED, requested_at=clock.now(),
    )  # fmt: skip
    if await put(session, document, "journey_id", "step"):
        await _plan(session, document)


async def _plan(session: AsyncSession, document: Document) -> None:
    # The attempt is in the key: work that is just ending cannot swallow what is planned anew.
    kind = WORK if document.kind == Kind.FIRST else REISSUE
    await duework.add(session, kind, f"{document.id}:{document.attempt}", journey=document.journey_id)


async def stop_documents(session: AsyncSession, event: Event, _known: object) -> None:
    """The journey ended early: what has passed the point of no return goes on, everything else stops."""
    query = select(Document).where(Document.journey_id == event.journey, Document.kind == Kind.FIRST)
    for document in await session.exec(query.with_for_update()):
        if document.state in domain.STOPPABLE:
            _settle(session, document, State.STOPPED, event.data.name)


async def stop(session: AsyncSession, document_id: UUID, reason: str) -> None:
    """Request refused the seal: nothing is issued and no number given."""
    document = await _locked(session, document_id)
    if document.state in domain.STOPPABLE:
        _settle(session, document, State.STOPPED, reason)


async def fail(session: AsyncSession, document_id: UUID, reason: str, fault: str) -> None:
    """The document cannot be made: its number, if it has one, stays void for ever; an operator may try again."""
    document = await _locked(session, document_id)
    if document.state not in (State.REQUESTED, State.ISSUING):
        return
    if document.state == State.ISSUING and not document.edition:
        await void_number(session, document, reason)
    document.fault = fault[:1000]
    _settle(session, document, State.FAILED, reason)


async def retry(session: AsyncSession, officer: Principal, document_id: UUID) -> Document:
    """Try an unfinished document of the officer's agency again; one that failed gets a new number.

    DocumentNotFound, DocumentSettled.
    """
    query = select(Document).where(Document.id == document_id, Document.agency == officer.agency)
    document = (await session.exec(query.with_for_update())).first()
    if document is None:
        raise domain.DocumentNotFound
    if document.state not in domain.UNFINISHED:
        raise domain.DocumentSettled
    if document.state == State.FAILED:
        document.state, document.reason, document.fault = State.REQUESTED, None, None
        if not document.edition:  # under another's number nothing is void: it keeps what it has
            document.year = document.running = document.token = None
            document.numbered_at = document.issued_on = document.valid_until = None
    document.attempt += 1
    session.add(document)
    await _plan(session, document)
    return document


async def _locked(session: AsyncSession, document_id: UUID) -> Document:
    return (await session.exec(select(Document).where(Document.id == document_id).with_for_update())).one()


def _settle(session: AsyncSession, document: Document, state: State, reason: str) -> None:
    document.state, document.reason = state, reason
    session.add(document)


async def void_number(session: AsyncSession, document: Document, reason: str) -> None:
    """The number of a document that is locked and cannot be made stays void for ever, with its reason."""
    query = select(Number).where(Number.document_id == document.id, col(Number.state) == NumberState.GIVEN)
    number = (await session.exec(query)).one()
    number.state, number.reason, number.settled_at = NumberState.VOID, reason, clock.now()
    session.add(number)
    await outbox.add(session, Voided(document=document.id, reason=reason), place_of(document))
