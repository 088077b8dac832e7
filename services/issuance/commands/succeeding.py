"""A document takes the place of another: ordered, numbered, made, and in one transaction on the register for it.

Both are locked in the order of their ids, the earlier first. What becomes of the earlier one meanwhile decides: one
that is revoked has no successor.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework
from kit.clock import clock, local_date
from kit.contracts.events import Replaced
from services.issuance import domain
from services.issuance.commands import expiring
from services.issuance.commands.noting import carry_over
from services.issuance.commands.numbering import Wanted, number_documents
from services.issuance.commands.registering import StoredFile, enter
from services.issuance.commands.requesting import REISSUE, void_number
from services.issuance.commands.telling import tell
from services.issuance.commands.voiding import void_wishes
from services.issuance.domain import Kind, State, SubstituteState
from services.issuance.models import Document

REINSTATE = "reinstate"
"""Due work at the end of a suspension."""
COPIED = (
    "journey_id", "agency", "definition", "slip", "person_id", "application_number", "agency_name", "title", "series",
)  # fmt: skip


@dataclass(frozen=True)
class WantedAgain(Wanted):
    """A new number, and a last day that follows from the document before."""

    last_day: date | None = None

    def valid_until(self, today: date) -> date | None:  # noqa: ARG002
        """The day that was reckoned."""
        return self.last_day


async def order_successor(
    session: AsyncSession, document: Document, kind: Kind, *, has_own_number: bool = False
) -> UUID:
    """Have a document made in the place of one that is locked; one that failed gives way. SuccessorUnderWay.

    The database refuses a second one, whoever orders it.
    """
    await _clear_the_way(session, document)
    family = (await session.exec(select(Document).where(Document.journey_id == document.journey_id))).all()
    same = [each for each in family if _numbered_alike(each, document) and each.state != State.STOPPED]
    # Counted on from the last one: those of a term that is not kept any more are gone.
    place = 1 + max(each.place for each in family if each.plan_step == document.plan_step)
    successor = Document(
        **document.model_dump(include=set(COPIED)), step=f"{document.plan_step}.{place}", state=State.REQUESTED,
        requested_at=clock.now(), kind=kind, replaces=document.id,
        origin=None if kind is Kind.RENEWED else document.term_id,
    )  # fmt: skip
    if not has_own_number:
        successor.year, successor.running = document.year, document.running
        successor.edition = 1 + max(each.edition for each in same)
    session.add(successor)
    await duework.add(session, REISSUE, f"{successor.id}:1", journey=successor.journey_id)
    return successor.id


def _numbered_alike(one: Document, other: Document) -> bool:
    return (one.series, one.year, one.running) == (other.series, other.year, other.running)


async def _clear_the_way(session: AsyncSession, document: Document) -> None:
    query = select(Document).where(Document.replaces == document.id).order_by(col(Document.id))
    for each in await session.exec(query.with_for_update()):
        if each.state == State.FAILED:
            each.state, each.reason = State.STOPPED, "superseded"
            await void_wishes(session, document.id, [SubstituteState.GRANTED])
        elif each.state != State.STOPPED:
            raise domain.SuccessorUnderWay
    await session.flush()


async def number_successor(
    session: AsyncSession, document_id: UUID, token: str, months: int | None
) -> tuple[Document, Document] | None:
    """Give a successor its number, days and token, once; with the document before it. None: it is not made any more."""
    before, document = await _both(session, document_id)
    if document.state == State.ISSUING:
        return before, document
    if document.state != State.REQUESTED or await _is_stopped(session, before, document):
        return None
    now = clock.now()
    today = local_date(now)
    last_day = before.valid_until
    if document.kind == Kind.RENEWED and before.valid_until is not None:
        last_day = domain.renewed_until(today, before.valid_until, months)
    if document.edition:
        document.state, document.valid_until = State.ISSUING, last_day
        document.numbered_at, document.issued_on = document.numbered_at or now, document.issued_on or today
        document.token = document.token or token
    else:
        await number_documents(session, [document], {document.id: WantedAgain(months, token, last_day)}, now)
    if document.kind == Kind.SUBSTITUTE:
        document.issued_on = before.issued_on  # it says what the other said
    return before, document


async def replace(
    session: AsyncSession, document_id: UUID, file: StoredFile, archive_after: timedelta | None = None
) -> None:
    """The sealed file is stored: it stands on the register, and the one before is replaced, once.

    A suspension goes on with the new document. The file is made to last after that time, where one is given.
    """
    before, document = await _both(session, document_id)
    if document.state != State.ISSUING or await _is_stopped(session, before, document):
        return
    await session.flush()
    if not await enter(session, [(document, file)], clock.now(), archive_after):
        return
    if before.state == State.SUSPENDED:
        await _suspend_alike(session, before, document)
    before.state = State.REPLACED
    await void_wishes(session, before.id, [SubstituteState.ASKED])
    await carry_over(session, before, document)
    await expiring.forget(session, before.id)
    await expiring.plan(session, document, file.leads)
    await tell(session, before, Replaced(document=before.id, by=document.id, kind=document.kind))


async def _suspend_alike(session: AsyncSession, before: Document, document: Document) -> None:
    document.state, document.suspended_until = State.SUSPENDED, before.suspended_until
    if before.suspended_until is not None:
        await plan_end(session, document, document.id, before.suspended_until)


async def plan_end(session: AsyncSession, document: Document, act: UUID, until: date) -> None:
    """Have a suspension end after its last day."""
    key, due_at = f"{document.id}:{act}", domain.beginning_after(until)
    await duework.add(session, REINSTATE, key, due_at=due_at, journey=document.journey_id)


async def _both(session: AsyncSession, document_id: UUID) -> tuple[Document, Document]:
    """The document before and the one after, locked in that order."""
    replaced = select(Document.replaces).where(Document.id == document_id).scalar_subquery()
    query = select(Document).where((Document.id == document_id) | (Document.id == replaced)).order_by(col(Document.id))
    before, document = (await session.exec(query.with_for_update())).all()
    return before, document


async def _is_stopped(session: AsyncSession, before: Document, document: Document) -> bool:
    """Whether the document before can be followed no more: its successor is then never issued."""
    today = local_date(clock.now())
    is_over = before.valid_until is not None and today > before.valid_until and document.kind != Kind.RENEWED
    if before.state in expiring.ENDING and not is_over:
        return False
    if document.state == State.ISSUING and not document.edition:
        await void_number(session, document, "not-issued")
    document.state, document.reason = State.STOPPED, "expired" if is_over else before.state
    await void_wishes(session, before.id)
    return True


async def is_under_way(session: AsyncSession, document: Document) -> bool:
    """Whether a document is being made in the place of one that is locked; what failed gives way to the next."""
    making = (State.REQUESTED, State.ISSUING)
    query = select(Document.id).where(Document.replaces == document.id, col(Document.state).in_(making))
    return (await session.exec(query)).first() is not None
