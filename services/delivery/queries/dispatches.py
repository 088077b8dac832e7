"""Reads of what left by outside channels."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock
from services.delivery import domain
from services.delivery.domain import Report, Sending
from services.delivery.models import Dispatch, Notice

OPEN = (Sending.SENDING, Sending.SENT)


async def climb_of(session: AsyncSession, notice: UUID) -> tuple[Notice, Mapping[str, domain.Try]] | None:
    """A notice and what was tried for it, by channel; None where there is no such notice (its event stood already)."""
    found = await session.get(Notice, notice)
    if found is None:
        return None
    rows = (await session.exec(select(Dispatch).where(Dispatch.notice_id == notice))).all()
    return found, {
        each.channel: domain.Try(Sending(each.state), each.tried_at, each.waits_until) for each in rows
    }  # fmt: skip


async def dispatch(session: AsyncSession, notice: UUID, channel: str) -> Dispatch | None:
    """The dispatch of a notice by a channel, locked until the transaction ends."""
    query = select(Dispatch).where(Dispatch.notice_id == notice, Dispatch.channel == channel).with_for_update()
    return (await session.exec(query)).first()


async def dispatches_of(session: AsyncSession, notice: UUID) -> Sequence[Dispatch]:
    """All dispatches of a notice in the order of its ladder, locked until the transaction ends."""
    query = select(Dispatch).where(Dispatch.notice_id == notice).order_by(col(Dispatch.rung), col(Dispatch.id))
    return (await session.exec(query.with_for_update())).all()


async def told_of(
    session: AsyncSession, channel: str, report: Report, addresses: Sequence[str]
) -> Sequence[Dispatch]:  # fmt: skip
    """The dispatches that a report speaks of, locked: by our key, by the provider's number, or by the address.

    A key that is not ours finds nothing, whatever the number. Of an address those that are sent now, or wait for proof.
    """
    query = select(Dispatch).where(Dispatch.channel == channel).order_by(col(Dispatch.id)).with_for_update()
    if report.key is not None:
        query = query.where(Dispatch.message_id == report.key)
    elif report.provider_id is not None:
        query = query.where(Dispatch.provider_id == report.provider_id)
    elif not addresses:
        return []
    else:
        waits = (col(Dispatch.state) == Sending.SENDING) | (col(Dispatch.waits_until) > clock.now())
        query = query.where(col(Dispatch.address_hash).in_(addresses), col(Dispatch.state).in_(OPEN), waits).limit(1000)
    return (await session.exec(query)).all()


async def pickup_of(session: AsyncSession, person: UUID, notice: UUID) -> Dispatch:
    """What lies ready at the counter for a person; NothingToFetch also when it is somebody else's."""
    query = select(Dispatch).join(Notice).where(col(Notice.id) == notice, Notice.person_id == person)
    found = (await session.exec(query.where(Dispatch.channel == "pickup"))).first()
    if found is None:
        raise domain.NothingToFetch
    return found


async def at_counter(
    session: AsyncSession, agency: str | None, key: str, *, lock: bool = False
) -> tuple[Dispatch, Notice]:
    """What a code is for, at the counters of the agency of its journey; NothingToFetch for any other code."""
    query = select(Dispatch, Notice).join(Notice).where(Dispatch.message_id == key, Dispatch.channel == "pickup")
    found = (await session.exec(query.with_for_update(of=Dispatch) if lock else query)).first()
    if found is None or found[1].agency != agency:
        raise domain.NothingToFetch
    return found


async def count_waiting(session: AsyncSession) -> Mapping[str, float]:
    """How many notices a channel has not taken yet, by channel."""
    return await _count(session, col(Dispatch.state) == Sending.SENDING)


async def count_troubled(session: AsyncSession) -> Mapping[str, float]:
    """How many of them were tried more than once."""
    return await _count(session, (col(Dispatch.state) == Sending.SENDING) & (col(Dispatch.attempts) > 1))


async def count_failed(session: AsyncSession) -> Mapping[str, float]:
    """How many notices a channel refused, gave up or sent back within a day."""
    return await _count(session, col(Dispatch.failed_at) > clock.now() - timedelta(days=1))


async def _count(session: AsyncSession, which: ColumnElement[bool]) -> Mapping[str, float]:
    query = select(Dispatch.channel, func.count()).where(which).group_by(Dispatch.channel)
    return dict((await session.exec(query)).all())
