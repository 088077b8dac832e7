"""Use cases of issuance. Each takes the session and never commits; a document's row is locked while it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework, outbox
from kit.auth import Principal
from kit.claims import APPLICATION, SECTION, Known
from kit.clock import clock, local_date
from kit.cloudevents import Event
from kit.contracts.definition import IssuanceStep
from kit.contracts.events import Issued, Voided
from kit.rows import put
from services.issuance import domain
from services.issuance.domain import NumberState, State
from services.issuance.models import Document, Number, Series

WORK = "issue"


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
    await duework.add(session, WORK, f"{document.id}:{document.attempt}", journey=document.journey_id)


async def stop_documents(session: AsyncSession, event: Event, _known: object) -> None:
    """The journey ended early: what has passed the point of no return goes on, everything else stops."""
    query = select(Document).where(Document.journey_id == event.journey).with_for_update()
    for document in await session.exec(query):
        if document.state in domain.STOPPABLE:
            _settle(session, document, State.STOPPED, event.data.name)


async def stop(session: AsyncSession, document_id: UUID, reason: str) -> None:
    """Request refused the seal: nothing is issued and no number given."""
    document = await _locked(session, document_id)
    if document.state in domain.STOPPABLE:
        _settle(session, document, State.STOPPED, reason)


async def give_number(session: AsyncSession, document_id: UUID, settings: IssuanceStep, token: str) -> Document:
    """Give the next number of the series, the days and the token, once; the locked series makes it gapless."""
    document = await _locked(session, document_id)
    if document.state != State.REQUESTED:
        return document
    now = clock.now()
    today = local_date(now)
    series = await _series(session, document.agency, document.series, domain.buddhist_year(today))
    series.last += 1
    document.state, document.numbered_at, document.token = State.ISSUING, now, token
    document.year, document.running = series.year, series.last
    document.issued_on, document.valid_until = today, domain.last_valid_day(today, settings.validity.months)
    number = Number(
        agency=series.agency, series=series.series, year=series.year, running=series.last, document_id=document.id,
        state=NumberState.GIVEN, given_at=now,
    )  # fmt: skip
    session.add_all((series, document, number))
    await session.flush()
    return document


async def _series(session: AsyncSession, agency: str, name: str, year: int) -> Series:
    await put(session, Series(agency=agency, series=name, year=year, last=0))
    query = select(Series).where(Series.agency == agency, Series.series == name, Series.year == year)
    return (await session.exec(query.with_for_update())).one()


@dataclass(frozen=True)
class StoredFile:
    """A sealed document as it lies in the store."""

    name: str
    stored_as: str
    sha256: str


async def register(
    session: AsyncSession, document: Document, file: StoredFile, public: Sequence[Mapping[str, Any]]
) -> None:
    """The sealed file is stored: the document stands on the register and the journey goes on, once."""
    row = await _locked(session, document.id)
    if row.state != State.ISSUING or row.number != document.number:
        return
    await _settle_number(session, row, NumberState.ISSUED)
    row.file_name, row.stored_as, row.sha256 = file.name, file.stored_as, file.sha256
    row.public, row.issued_at, row.state = [dict(each) for each in public], clock.now(), State.ISSUED
    session.add(row)
    await outbox.hand_over(session, row, Issued)


async def fail(session: AsyncSession, document_id: UUID, reason: str, fault: str) -> None:
    """The document cannot be made: its number, if it has one, stays void for ever; an operator may try again."""
    document = await _locked(session, document_id)
    if document.state not in (State.REQUESTED, State.ISSUING):
        return
    if document.state == State.ISSUING:
        await _settle_number(session, document, NumberState.VOID, reason)
        await outbox.add(session, Voided(document=document.id, reason=reason), document)
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


async def _settle_number(
    session: AsyncSession, document: Document, state: NumberState, reason: str | None = None
) -> None:
    query = select(Number).where(Number.document_id == document.id, col(Number.state) == NumberState.GIVEN)
    number = (await session.exec(query)).one()
    number.state, number.reason, number.settled_at = state, reason, clock.now()
    session.add(number)
