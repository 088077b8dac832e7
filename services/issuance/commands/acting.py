"""Acts of authority on documents that were issued: written under the lock of the document, which is taken first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.clock import clock, local_date
from kit.contracts.events import Reinstated, Revoked, Suspended
from services.issuance import domain
from services.issuance.commands import expiring
from services.issuance.commands.noting import note, open_proposal
from services.issuance.commands.succeeding import order_successor, plan_end
from services.issuance.commands.telling import tell
from services.issuance.commands.voiding import void_wishes
from services.issuance.domain import Act, Kind, Phase, Standing, State, Terms
from services.issuance.models import Document, DocumentAct

CALENDAR = {
    "facts": "วันสุดท้ายของการพักใช้ตามคำสั่งผ่านไปแล้ว",
    "law": "เป็นไปตามคำสั่งพักใช้",
    "considerations": "",
}


@dataclass(frozen=True)
class Proposal:
    """What an officer wants done, and why; ``enclosed`` is the digest of the corrections of an amendment."""

    act: Act
    reasons: Mapping[str, str]
    until: date | None = None
    enclosed: str | None = None


async def propose(
    session: AsyncSession, officer: Principal, document_id: UUID, told: Proposal, terms: Terms
) -> DocumentAct:
    """Propose what takes a right away or changes a document; the proposer's own repetition changes nothing.

    LicenceNotFound, ActPending, ActForbidden, UntilImpossible, SuspensionsUsedUp, AppealUnknown, ReasonsMissing.
    """
    document = await held(session, officer, document_id)
    if (known := await _judged(session, officer, document, told, terms)) is not None:
        return known
    return await note(
        session, document, told.act, Phase.PROPOSED, terms, officer, told.reasons, until=told.until,
        enclosed=told.enclosed,
    )  # fmt: skip


async def judge(session: AsyncSession, officer: Principal, document_id: UUID, told: Proposal, terms: Terms) -> None:
    """Raise what `propose` would, before anything is enclosed."""
    await _judged(session, officer, await held(session, officer, document_id), told, terms)


async def _judged(
    session: AsyncSession, officer: Principal, document: Document, told: Proposal, terms: Terms
) -> DocumentAct | None:
    """The same proposal where it stands already."""
    if (open_act := await open_proposal(session, document)) is not None:
        if _is_same(open_act, officer, told):
            return open_act
        raise domain.ActPending(proposal=open_act.id)
    domain.check(told.act, await standing(session, document), terms.life, told.until)
    domain.check_appeal(told.act, terms.appeal)
    domain.check_reasons(told.reasons)
    return None


def _is_same(act: DocumentAct, officer: Principal, told: Proposal) -> bool:
    said = {name: told.reasons.get(name, "") for name in domain.REASONS}
    kept = {name: getattr(act, name) for name in domain.REASONS}
    mine = (str(act.officer), act.act, act.until, act.enclosed)
    return mine == (officer.subject, told.act, told.until, told.enclosed) and said == kept


async def confirm(
    session: AsyncSession, officer: Principal, document_id: UUID, proposal_id: UUID, terms: Terms
) -> DocumentAct:
    """Do what another officer proposed, if it may still be done; the same officer's repetition changes nothing.

    LicenceNotFound, ProposalNotFound, ProposalSettled, ConfirmerIsProposer, and what forbids the act today.
    """
    document = await held(session, officer, document_id)
    proposal, settled = await _proposal(session, document, proposal_id)
    me = UUID(officer.subject)
    if settled is not None:
        if (settled.phase, settled.officer) == (Phase.CONFIRMED, me):
            return settled
        raise domain.ProposalSettled
    domain.check_confirmer(proposal.officer, me)
    act = Act(proposal.act)
    domain.check(act, await standing(session, document), terms.life, proposal.until)
    reasons = {name: getattr(proposal, name) for name in domain.REASONS}
    about = await order_successor(session, document, Kind.AMENDED) if act is Act.AMEND else None
    made = await note(
        session, document, act, Phase.CONFIRMED, terms, officer, reasons, proposal_id=proposal.id,
        until=proposal.until, enclosed=proposal.enclosed, about=about,
    )  # fmt: skip
    await _do(session, document, made)
    return made


async def _do(session: AsyncSession, document: Document, made: DocumentAct) -> None:
    if made.act == Act.SUSPEND:
        document.state, document.suspended_until = State.SUSPENDED, made.until
        if made.until is not None:
            await plan_end(session, document, made.id, made.until)
        await tell(session, document, Suspended(document=document.id, until=made.until))
    elif made.act == Act.REVOKE:
        document.state, document.suspended_until = State.REVOKED, None
        await expiring.forget(session, document.id)
        await void_wishes(session, document.id)
        await tell(session, document, Revoked(document=document.id))


async def reject(
    session: AsyncSession, officer: Principal, document_id: UUID, proposal_id: UUID, reason: str, terms: Terms
) -> DocumentAct:
    """Do not do what was proposed; the proposer may take it back this way. A repetition changes nothing.

    LicenceNotFound, ProposalNotFound, NotTheProposer, ProposalSettled.
    """
    document = await held(session, officer, document_id)
    proposal, settled = await _proposal(session, document, proposal_id)
    if "approver" not in officer.roles and proposal.officer != UUID(officer.subject):
        raise domain.NotTheProposer
    if settled is not None:
        if (settled.phase, settled.officer) == (Phase.REJECTED, UUID(officer.subject)):
            return settled
        raise domain.ProposalSettled
    reasons = {"considerations": reason}
    act = Act(proposal.act)
    return await note(session, document, act, Phase.REJECTED, terms, officer, reasons, proposal_id=proposal.id)


async def reinstate(
    session: AsyncSession, officer: Principal, document_id: UUID, reasons: Mapping[str, str], terms: Terms
) -> DocumentAct:
    """End a suspension before its last day, by one officer: it gives a right back.

    LicenceNotFound, ActForbidden, ReasonsMissing.
    """
    document = await held(session, officer, document_id)
    domain.check(Act.REINSTATE, await standing(session, document), terms.life)
    domain.check_reasons(reasons, ("facts", "law"))
    document.state, document.suspended_until = State.ISSUED, None
    await tell(session, document, Reinstated(document=document.id))
    return await note(session, document, Act.REINSTATE, Phase.DONE, terms, officer, reasons)


async def renew(
    session: AsyncSession, officer: Principal, document_id: UUID, reasons: Mapping[str, str], terms: Terms
) -> DocumentAct:
    """Have a document of a new term made in the place of one that nears its end.

    LicenceNotFound, ActPending, ActForbidden, ReasonsMissing, SuccessorUnderWay.
    """
    document = await held(session, officer, document_id)
    if (pending := await open_proposal(session, document)) is not None:
        raise domain.ActPending(proposal=pending.id)
    domain.check(Act.RENEW, await standing(session, document), terms.life, months=terms.months)
    domain.check_reasons(reasons, ("facts", "law"))
    about = await order_successor(session, document, Kind.RENEWED, has_own_number=True)
    return await note(session, document, Act.RENEW, Phase.DONE, terms, officer, reasons, about=about)


async def end_suspension(session: AsyncSession, document_id: UUID, terms: Terms) -> None:
    """The last day of a suspension is past: the document may be used again, unless it ended meanwhile. Repeatable."""
    document = (await session.exec(select(Document).where(Document.id == document_id).with_for_update())).one()
    today = local_date(clock.now())
    if document.state != State.SUSPENDED or document.suspended_until is None or document.suspended_until >= today:
        return
    document.state, document.suspended_until = State.ISSUED, None
    await note(session, document, Act.REINSTATE, Phase.DONE, terms, None, CALENDAR)
    if document.valid_until is None or today <= document.valid_until:
        await tell(session, document, Reinstated(document=document.id))


async def held(session: AsyncSession, officer: Principal, document_id: UUID) -> Document:
    """A document that was issued by the officer's agency, locked. LicenceNotFound."""
    query = select(Document).where(
        Document.id == document_id, Document.agency == officer.agency, col(Document.state).in_(domain.OUT)
    )
    found = (await session.exec(query.with_for_update())).first()
    if found is None:
        raise domain.LicenceNotFound
    return found


async def _proposal(
    session: AsyncSession, document: Document, proposal_id: UUID
) -> tuple[DocumentAct, DocumentAct | None]:
    """What was proposed under that id, and what settled it. ProposalNotFound."""
    query = select(DocumentAct).where(
        DocumentAct.document_id == document.id,
        (DocumentAct.id == proposal_id) | (DocumentAct.proposal_id == proposal_id),
    )
    found = {each.phase == Phase.PROPOSED: each for each in await session.exec(query)}
    if True not in found or found[True].id != proposal_id:
        raise domain.ProposalNotFound
    return found[True], found.get(False)


async def standing(session: AsyncSession, document: Document) -> Standing:
    """How a document stands today, and how often its licence was suspended in this term."""
    today = local_date(clock.now())
    query = select(func.count()).where(
        DocumentAct.term_id == document.term_id, DocumentAct.act == Act.SUSPEND,
        DocumentAct.phase == Phase.CONFIRMED,
    )  # fmt: skip
    return Standing(domain.status_on(document, today), today, document.valid_until, (await session.exec(query)).one())
