"""Reads of the evidence: what happened to a notice, and how its appeal period was reckoned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.calendars import calendar_of
from services.delivery import domain
from services.delivery.domain import Basis, DateRule, Mark, Noticed
from services.delivery.models import AppealPeriod, Dispatch, DispatchEvent, Notice
from services.delivery.queries.notices import is_of


@dataclass(frozen=True)
class Evidence:
    """All there is about one notice, each list in the order of time."""

    notice: Notice
    noticed: Noticed | None
    dispatches: Sequence[Dispatch]
    events: Mapping[UUID, Sequence[DispatchEvent]]
    periods: Sequence[AppealPeriod]


async def evidence_of(
    session: AsyncSession, principal: Principal, notice_id: UUID, rules: Sequence[DateRule]
) -> Evidence:
    """What is known of a notice to its owner, or of the own agency; NoticeUnknown otherwise."""
    notice = await session.get(Notice, notice_id)
    if notice is None or not _may_see(notice, principal):
        raise domain.NoticeUnknown
    sent = select(Dispatch).where(Dispatch.notice_id == notice_id).order_by(col(Dispatch.rung), col(Dispatch.id))
    dispatches = (await session.exec(sent)).all()
    events: dict[UUID, list[DispatchEvent]] = {each.id: [] for each in dispatches}
    noted = select(DispatchEvent).where(col(DispatchEvent.dispatch_id).in_(events)).order_by(col(DispatchEvent.id))
    for event in (await session.exec(noted)).all() if dispatches else ():
        events[event.dispatch_id].append(event)
    reckoned = select(AppealPeriod).where(AppealPeriod.notice_id == notice_id).order_by(col(AppealPeriod.id))
    periods = (await session.exec(reckoned)).all()
    noticed = domain.noticed(marks_of(notice, dispatches), rules, await calendar_of(session))
    return Evidence(notice, noticed, dispatches, events, periods)


def _may_see(notice: Notice, principal: Principal) -> bool:
    return notice.agency == principal.agency if principal.kind == "officer" else is_of(notice, principal)


def marks_of(notice: Notice, dispatches: Sequence[Dispatch]) -> list[Mark]:
    """What happened to a notice, for the rules. A notice to a holder lies in nobody's inbox."""
    marks = []
    if notice.person_id is not None:
        marks.append(Mark(domain.INBOX, Basis.ENTERED, notice.created_at))
    if notice.read_at is not None:
        marks.append(Mark(domain.INBOX, Basis.READ, notice.read_at))
    for each in dispatches:
        if (sent := each.accepted_at or each.sent_at) is not None:
            marks.append(Mark(each.channel, Basis.SENT, sent))
        if each.proved_at is not None:
            marks.append(Mark(each.channel, Basis.RECEIVED, each.proved_at))
    return marks


async def periods_of(session: AsyncSession, notices: Sequence[Notice]) -> Mapping[UUID, AppealPeriod]:
    """The appeal period that counts, of those notices that have one."""
    wanted = [each.id for each in notices if each.appeal_days is not None]
    if not wanted:
        return {}
    query = select(AppealPeriod).where(col(AppealPeriod.notice_id).in_(wanted)).order_by(col(AppealPeriod.id))
    return {each.notice_id: each for each in (await session.exec(query)).all()}


async def notices_to_reckon(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Notice]:
    """Those of the notices that can be appealed, locked in one order until the transaction ends.

    Locked but for their keys: whoever begins a dispatch of one refers to it, and may want what this transaction holds.
    """
    query = select(Notice).where(col(Notice.id).in_(ids), col(Notice.appeal_days).is_not(None))
    return (await session.exec(query.order_by(col(Notice.id)).with_for_update(key_share=True))).all()


async def dispatches_by_notice(session: AsyncSession, notices: Sequence[Notice]) -> Mapping[UUID, Sequence[Dispatch]]:
    """What left of each notice."""
    found: dict[UUID, list[Dispatch]] = {each.id: [] for each in notices}
    for row in (await session.exec(select(Dispatch).where(col(Dispatch.notice_id).in_(found)))).all():
        found[row.notice_id].append(row)
    return found
