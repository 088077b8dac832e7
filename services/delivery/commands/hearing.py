"""What providers report of what they took: receipt is proved, or a notice comes back."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework, outbox
from kit.clock import clock
from kit.contracts.events import Delivered, DeliveryFailed, Dispatched
from kit.hasten import hasten
from kit.rows import put
from services.delivery import domain, queries
from services.delivery.commands.climbing import CLIMB
from services.delivery.commands.reckoning import reckon
from services.delivery.domain import DateRule, Report, Sending, Told
from services.delivery.models import Dispatch, DispatchEvent, Notice

NUDGE = "nudge"


async def hear(
    session: AsyncSession, channel: str, reports: Sequence[tuple[Report, Sequence[str]]], rules: Sequence[DateRule]
) -> None:
    """Take reports down, each once; beside it the hashes that its address may have, where it names one.

    What is reported of something unknown is dropped: it may be another installation's. What is told of an order may
    start or move the period for its appeal.
    """
    heard: set[UUID] = set()
    for report, addresses in reports:
        for dispatch in await queries.told_of(session, channel, report, addresses):
            await _hear(session, dispatch, report)
            heard.add(dispatch.notice_id)
    if heard:
        await reckon(session, sorted(heard), rules, "reported")


async def _hear(session: AsyncSession, dispatch: Dispatch, report: Report) -> None:
    now = clock.now()
    at = domain.happened(report.at, dispatch.tried_at, now)
    event = DispatchEvent(
        dispatch_id=dispatch.id, kind=report.told, code=report.code, reported_as=report.id, at=at, noted_at=now
    )
    if not await put(session, event, "dispatch_id", "reported_as"):
        return
    dispatch.provider_id = dispatch.provider_id or report.provider_id
    if report.told is Told.ACCEPTED:
        dispatch.accepted_at = dispatch.accepted_at or at
    session.add(dispatch)
    notice = await session.get_one(Notice, dispatch.notice_id)
    if report.told is Told.PROVED and dispatch.state != Sending.PROVED:
        dispatch.state, dispatch.settled_at, dispatch.reason = Sending.PROVED, now, None
        dispatch.proved_at, dispatch.proof, dispatch.waits_until = at, report.proof, None
        if dispatch.sent_at is None:  # the answer was lost; the report says that it was taken
            dispatch.sent_at = at
            await outbox.add(session, Dispatched(notice=notice.kind, channel=dispatch.channel), notice)
        await outbox.add(session, Delivered(notice=notice.kind, channel=dispatch.channel), notice)
    elif report.told is Told.FAILED and dispatch.state in queries.OPEN:
        dispatch.state, dispatch.settled_at, dispatch.reason = Sending.FAILED, now, "bounced"
        dispatch.failed_at, dispatch.waits_until = at, None
        fact = DeliveryFailed(notice=notice.kind, channel=dispatch.channel, reason="bounced")
        await outbox.add(session, fact, notice)
    else:
        return
    await nudge(session, notice.id, event.id)


async def nudge(session: AsyncSession, notice: UUID, cause: UUID) -> None:
    """Have the ladder of a notice looked at again, now or as soon as nobody is at it."""
    if not await hasten(session, CLIMB, notice):
        await duework.add(session, NUDGE, cause, payload={"notice": str(notice)})
