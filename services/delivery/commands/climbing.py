"""A notice climbs its ladder: what is written before and after each attempt of a channel."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework, outbox
from kit.clock import clock
from kit.contracts.definition import DeliveryStep, Section
from kit.contracts.events import DeliveryFailed, Dispatched
from kit.rows import put
from services.delivery import domain, queries
from services.delivery.domain import Applicant, Rung, Sending
from services.delivery.models import Dispatch, DispatchEvent, Notice

CLIMB = "climb"


@dataclass(frozen=True)
class Leaving:
    """What evidence keeps of what leaves: never the address."""

    key: str
    address_hash: str | None
    address_masked: str
    language: str
    content_sha256: str


async def plan_climb(
    session: AsyncSession, notice: UUID, kind: str, journey: UUID, section: Section, applicant: Applicant
) -> None:
    """Plan the way of a notice by the outside channels, as the definition has it now."""
    settings: DeliveryStep = section.settings(section.plan[-1].id)
    ladder = domain.ladder_of(settings, kind)
    counter = applicant.person is not None and any(each.channel == "pickup" for each in ladder)
    if ladder and (applicant.has_address or counter):
        payload = {"ladder": domain.write_ladder(ladder)}
        await duework.add(session, CLIMB, notice, payload=payload, journey=journey)


async def begin(session: AsyncSession, notice: Notice, index: int, rung: Rung, leaving: Leaving) -> Dispatch | None:
    """Write that an attempt begins, so that it is never forgotten; None when a report has settled the rung by now."""
    dispatch = await _opened(session, notice, index, rung, leaving.key)
    if dispatch.state != Sending.SENDING:
        return None
    now = clock.now()
    dispatch.attempts += 1
    dispatch.tried_at = dispatch.tried_at or now
    dispatch.waits_until = now + domain.pause_after(dispatch.attempts, notice.id.int)
    dispatch.address_hash, dispatch.address_masked = leaving.address_hash, leaving.address_masked
    dispatch.language, dispatch.content_sha256 = leaving.language, leaving.content_sha256
    session.add(dispatch)
    return dispatch


async def _opened(session: AsyncSession, notice: Notice, index: int, rung: Rung, key: str) -> Dispatch:
    row = Dispatch(notice_id=notice.id, channel=rung.channel, rung=index, state=Sending.SENDING, message_id=key)
    if await put(session, row, "notice_id", "channel"):
        await _pass_by(session, notice.id, index)
    found = await queries.dispatch(session, notice.id, rung.channel)
    assert found is not None  # noqa: S101 - it was just put, or stood
    return found


async def _pass_by(session: AsyncSession, notice: UUID, index: int) -> None:
    """A rung was begun: whatever was below it has led to the next."""
    for each in await queries.dispatches_of(session, notice):
        if each.rung < index and each.decision is None:
            decide(session, each, "next")


def decide(session: AsyncSession, dispatch: Dispatch, decision: str) -> None:
    """Write what came after a rung."""
    now = clock.now()
    dispatch.decision, dispatch.decided_at = decision, now
    if dispatch.state == Sending.SENT and decision == "next":
        dispatch.reason = "unproved"
    session.add(dispatch)
    note(session, dispatch.id, "decided", decision, now)


async def skip(session: AsyncSession, notice: Notice, index: int, rung: Rung, key: str, reason: str) -> None:
    """Write that a rung is left out: nobody can be told there."""
    dispatch = await _opened(session, notice, index, rung, key)
    if dispatch.state == Sending.SENDING:
        _settle(session, dispatch, Sending.SKIPPED, reason)
        note(session, dispatch.id, "skipped", reason, clock.now())


async def take(session: AsyncSession, notice: Notice, rung: Rung, reply: str, provider_id: str | None) -> None:
    """Keep that the channel took the notice, and until when a proof of receipt is waited for; once."""
    dispatch = await queries.dispatch(session, notice.id, rung.channel)
    if dispatch is None or dispatch.sent_at is not None:
        return
    now = clock.now()
    dispatch.sent_at, dispatch.reply, dispatch.provider_id = now, reply[:500], provider_id or dispatch.provider_id
    if dispatch.state == Sending.SENDING:
        dispatch.state, dispatch.settled_at = Sending.SENT, now
        dispatch.waits_until = now + rung.within if rung.within else None
    session.add(dispatch)
    note(session, dispatch.id, "taken", None, now)
    await outbox.add(session, Dispatched(notice=notice.kind, channel=rung.channel), notice)


async def trouble(session: AsyncSession, notice: Notice, rung: Rung, said: str, asked: timedelta | None) -> None:
    """Keep that an attempt came to nothing, or its answer was lost, and when to try again: as the channel asked."""
    dispatch = await queries.dispatch(session, notice.id, rung.channel)
    if dispatch is None or dispatch.state != Sending.SENDING:
        return
    now = clock.now()
    dispatch.reply = said[:500]
    dispatch.waits_until = now + domain.pause_after(dispatch.attempts, notice.id.int, asked)
    session.add(dispatch)
    note(session, dispatch.id, "troubled", None, now)


async def fail(session: AsyncSession, notice: Notice, rung: Rung, reason: str, reply: str | None = None) -> None:
    """Keep that a channel will never take the notice, or had its time; the inbox has it all the same."""
    dispatch = await queries.dispatch(session, notice.id, rung.channel)
    if dispatch is None or dispatch.state != Sending.SENDING:
        return
    dispatch.reply = reply[:500] if reply else dispatch.reply
    _settle(session, dispatch, Sending.FAILED, reason)
    note(session, dispatch.id, "refused" if reason == "refused" else "given-up", reason, clock.now())
    await outbox.add(session, DeliveryFailed(notice=notice.kind, channel=rung.channel, reason=reason), notice)


def _settle(session: AsyncSession, dispatch: Dispatch, state: Sending, reason: str) -> None:
    now = clock.now()
    dispatch.state, dispatch.reason, dispatch.settled_at, dispatch.waits_until = state, reason, now, None
    dispatch.failed_at = now if state is Sending.FAILED else None
    session.add(dispatch)


async def end(session: AsyncSession, notice: UUID, decision: str) -> None:
    """The ladder is climbed no further: write why to its highest rung, and to one that is still being tried."""
    climbed = await queries.dispatches_of(session, notice)
    for each in climbed:
        if each.state == Sending.SENDING:
            _settle(session, each, Sending.SKIPPED, decision)
    for each in climbed[-1:]:
        if each.decision is None:
            decide(session, each, decision)


def note(
    session: AsyncSession, dispatch: UUID, kind: str, code: str | None, at: datetime, actor: UUID | None = None
) -> DispatchEvent:
    """Add to the evidence."""
    event = DispatchEvent(dispatch_id=dispatch, kind=kind, code=code, at=at, noted_at=clock.now(), actor=actor)
    session.add(event)
    return event
