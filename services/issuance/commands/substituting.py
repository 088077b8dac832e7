"""A holder asks for a substitute (ใบแทน) of a document that was lost or damaged; an officer grants or refuses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.clock import clock
from kit.contracts.events import SubstituteRefused
from kit.thai import long_date
from services.issuance import domain, queries
from services.issuance.commands.acting import held, standing
from services.issuance.commands.noting import note, open_proposal
from services.issuance.commands.succeeding import is_under_way, order_successor
from services.issuance.commands.telling import tell
from services.issuance.domain import Act, Kind, Loss, Phase, SubstituteState, Terms
from services.issuance.models import Document, Substitute


@dataclass(frozen=True)
class Told:
    """What a holder says: what happened to the document, and since when it is known."""

    reason: Loss
    known_on: date


async def ask_substitute(
    session: AsyncSession, principal: Principal, journey: UUID, told: Told, terms: Terms
) -> Substitute:
    """Ask for a substitute of one's own document; while it is not decided a repetition changes nothing.

    DocumentNotFound, NoLongerKept, ActForbidden, KnownOnImpossible, SuccessorUnderWay.
    """
    found = await queries.owned(session, principal, journey)
    document = (await session.exec(select(Document).where(Document.id == found.id).with_for_update())).one()
    queries.check_kept(document)
    asked = select(Substitute).where(
        Substitute.document_id == document.id, Substitute.state == SubstituteState.ASKED
    )  # fmt: skip
    if (known := (await session.exec(asked)).first()) is not None:
        return known
    now = await standing(session, document)
    domain.check(Act.SUBSTITUTE, now, terms.life)
    if await is_under_way(session, document):
        raise domain.SuccessorUnderWay
    wish = Substitute(
        document_id=document.id, journey_id=document.journey_id, agency=document.agency, reason=told.reason,
        known_on=told.known_on, is_late=domain.is_late(told.known_on, document.made_on, now.today, terms.life),
        state=SubstituteState.ASKED, asked_at=clock.now(),
    )  # fmt: skip
    session.add(wish)
    return wish


async def grant_substitute(session: AsyncSession, officer: Principal, wish_id: UUID, terms: Terms) -> Substitute:
    """Have a substitute made; repeating it changes nothing.

    SubstituteNotFound, SubstituteSettled, ActForbidden, ActPending, SuccessorUnderWay.
    """
    document, wish = await _both(session, officer, wish_id)
    if wish.state == SubstituteState.GRANTED:
        return wish
    if wish.state != SubstituteState.ASKED:
        raise domain.SubstituteSettled
    if (pending := await open_proposal(session, document)) is not None:
        raise domain.ActPending(proposal=pending.id)
    domain.check(Act.SUBSTITUTE, await standing(session, document), terms.life)
    rule = terms.life.substitute
    has_own_number = rule is not None and rule.numbering == "series"
    about = await order_successor(session, document, Kind.SUBSTITUTE, has_own_number=has_own_number)
    reasons = {"facts": domain.loss_text(Loss(wish.reason), long_date(wish.known_on)), "law": terms.substitute_law}
    await note(
        session, document, Act.SUBSTITUTE, Phase.CONFIRMED, terms, officer, reasons, proposal_id=wish.id, about=about
    )
    wish.state, wish.settled_at = SubstituteState.GRANTED, clock.now()
    return wish


async def refuse_substitute(
    session: AsyncSession, officer: Principal, wish_id: UUID, reasons: Mapping[str, str], terms: Terms
) -> Substitute:
    """Refuse a substitute, with facts, law, considerations and the right to appeal; repeating it changes nothing.

    SubstituteNotFound, SubstituteSettled, AppealUnknown, ReasonsMissing.
    """
    document, wish = await _both(session, officer, wish_id)
    if wish.state == SubstituteState.REFUSED:
        return wish
    if wish.state != SubstituteState.ASKED:
        raise domain.SubstituteSettled
    if terms.appeal is None:
        raise domain.AppealUnknown
    domain.check_reasons(reasons)
    made = await note(session, document, Act.SUBSTITUTE, Phase.REJECTED, terms, officer, reasons, proposal_id=wish.id)
    wish.state, wish.settled_at = SubstituteState.REFUSED, made.at
    await tell(session, document, SubstituteRefused(document=document.id, wish=wish.id))
    return wish


async def _both(session: AsyncSession, officer: Principal, wish_id: UUID) -> tuple[Document, Substitute]:
    """A wish of the officer's agency and its document, which is locked first. SubstituteNotFound."""
    mine = select(Substitute.document_id).where(Substitute.id == wish_id, Substitute.agency == officer.agency)
    document_id = (await session.exec(mine)).first()
    if document_id is None:
        raise domain.SubstituteNotFound
    document = await held(session, officer, document_id)
    query = select(Substitute).where(col(Substitute.id) == wish_id)
    return document, (await session.exec(query.with_for_update())).one()
