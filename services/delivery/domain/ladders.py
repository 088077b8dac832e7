"""The ladder of channels that a notice climbs until its receipt is proved: what is to be done next. Pure.

A rung is tried until its channel takes the notice; then a proof of receipt is waited for. Whichever is not there in the
rung's time, and a channel that refuses, leads to the next rung. Quiet hours put off, they never drop.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from kit.clock import BANGKOK
from kit.contracts.definition import DeliveryStep
from services.delivery.domain.wording import LATE

LONGEST_TRIED = timedelta(days=5)
"""Of a rung without a time of its own: as long as a mail server tries (RFC 5321, 4.5.4.1)."""
SHORTEST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=30)


class Sending(StrEnum):
    """The states of a dispatch."""

    SENDING = "sending"
    """It is tried; whether the channel has it is not known yet."""
    SENT = "sent"
    """The channel has it."""
    PROVED = "proved"
    """Receipt is proved."""
    FAILED = "failed"
    """The channel never had it, or sent it back."""
    SKIPPED = "skipped"
    """It was not tried, or not to its end: no address, a channel not in use, or the notice was received before."""


@dataclass(frozen=True)
class Rung:
    """A channel, and how long it has; None where there is no limit (the last one)."""

    channel: str
    within: timedelta | None = None


@dataclass(frozen=True)
class Try:
    """What is known of a rung that was begun."""

    state: Sending
    tried_at: datetime | None
    waits_until: datetime | None


@dataclass(frozen=True)
class Quiet:
    """The hours of the night, in Bangkok, in which nobody is woken."""

    begin: time
    end: time

    def ends_at(self, now: datetime) -> datetime | None:
        """When the quiet that reigns now is over; None when it does not reign."""
        local = now.astimezone(BANGKOK)
        overnight, at = self.begin > self.end, local.time()
        is_quiet = (at >= self.begin or at < self.end) if overnight else self.begin <= at < self.end
        if not is_quiet:
            return None
        over = local.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        return (over + timedelta(days=1) if overnight and at >= self.begin else over).astimezone(now.tzinfo)


@dataclass(frozen=True)
class Send:
    """Try this rung now."""

    index: int
    rung: Rung


@dataclass(frozen=True)
class Wait:
    """Nothing is to be done before."""

    until: datetime


@dataclass(frozen=True)
class GiveUp:
    """The time of this rung is over, and the channel has not taken the notice, or has not said so."""

    rung: Rung
    reason: str


@dataclass(frozen=True)
class End:
    """The ladder is climbed no further: ``proved``, ``read``, or ``end`` for there is no further rung."""

    decision: str


def ladder_of(step: DeliveryStep, kind: str) -> list[Rung]:
    """The rungs for one kind of notice; without a ladder one mail, where the definition has mails."""
    if step.ladder is None:
        return [Rung("email")] if "email" in step.channels else []
    names = {kind, *(first for first, late in LATE.items() if late == kind)}
    return [Rung(each.channel, each.within) for each in step.ladder if not each.notices or names & set(each.notices)]


def write_ladder(ladder: Sequence[Rung]) -> list[list[Any]]:
    """A ladder as due work keeps it: it stays what it was when the notice was written."""
    return [[each.channel, each.within and each.within.total_seconds()] for each in ladder]


def read_ladder(ladder: Sequence[Sequence[Any]]) -> list[Rung]:
    """The same, read again."""
    return [Rung(channel, None if within is None else timedelta(seconds=within)) for channel, within in ladder]


def next_act(
    ladder: Sequence[Rung],
    tries: Mapping[str, Try],
    now: datetime,
    *,
    is_read: bool,
    quiet: Mapping[str, Quiet],
    forgets: Mapping[str, timedelta],
) -> Send | Wait | GiveUp | End:
    """What a notice needs next.

    ``quiet`` is by channel, and ``forgets`` too: after so long the provider no longer knows a key, and a repeat might
    be a second message.
    """
    if any(each.state is Sending.PROVED for each in tries.values()):
        return End("proved")
    if is_read:
        return End("read")
    for index, rung in enumerate(ladder):
        found = tries.get(rung.channel)
        if found is None or found.state is Sending.SENDING:
            return _send(index, rung, found, now, quiet=quiet.get(rung.channel), forgets=forgets.get(rung.channel))
        if found.state is Sending.SENT and found.waits_until is not None and now < found.waits_until:
            return Wait(found.waits_until)
    return End("end")


def _send(
    index: int, rung: Rung, found: Try | None, now: datetime, *, quiet: Quiet | None, forgets: timedelta | None
) -> Send | Wait | GiveUp:
    ends: list[tuple[datetime, str]] = []
    if found is not None and found.tried_at is not None:
        ends = [(found.tried_at + (rung.within or LONGEST_TRIED), "unreachable")]
        ends += [(found.tried_at + forgets, "answer-lost")] if forgets else []
    for end, reason in sorted(ends):
        if now >= end:
            return GiveUp(rung, reason)
    begin = max(now, found.waits_until) if found is not None and found.waits_until is not None else now
    begin = (quiet and quiet.ends_at(begin)) or begin
    return Send(index, rung) if begin <= now else Wait(min([begin, *(end for end, _ in ends)]))


def pause_after(attempts: int, key: int, asked: timedelta | None = None) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, at least as long as the provider ``asked``.

    Spread by the key, so that what failed together does not come back together.
    """
    grown = min(SHORTEST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    spread = grown * (0.8 + 0.4 * (key % 1000) / 1000)
    return max(spread, min(asked or timedelta(), timedelta(days=1)))
