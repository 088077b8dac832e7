"""How long records are kept: the years of each class, legal holds, and the nightly work that removes what is past.

A service asks ``removable`` for its journeys in the transaction that removes or erases something of them: from then on
no hold can be written beside it. Nothing else decides whether a journey is held.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Column, DateTime, Index, MetaData, Table, Uuid
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import journeys
from kit.claims import Known
from kit.clock import BANGKOK, clock
from kit.cloudevents import Event
from kit.contracts.events import JourneyHeld, JourneyReleased
from kit.contracts.retention import Kept, Reason, RecordClass
from kit.duekinds import Recurring
from kit.duework import Later
from kit.gist import gist, places
from kit.retry import is_passing
from kit.rows import fetch
from kit.settings import Settings
from kit.telemetry import log
from kit.worker import on

if TYPE_CHECKING:
    from kit.app import Kit

REMOVE = "remove-past"
"""Kind of the nightly work."""
BATCH = 100
"""Journeys of one transaction: short, so that nobody waits long for what it holds."""
BATCHES = 50
"""Of one turn: as long as it lasts the transaction that holds its row is open, and keeps vacuum from what has gone."""
AT = time(2)
MOST_APART = timedelta(hours=1)


class RetentionSettings(Settings):
    """PAET_RETENTION_…: whole years that a class of record is kept after what it is about has ended.

    The defaults are our own design after general practice ([D/K], docs/law.md §10); only that tax documents are kept
    no less than 5 years is not to be configured. Contacts have no years: they go when their purpose ends.
    """

    retention_request_years: Annotated[int, Field(ge=1, le=100)] = 10
    """Of requests, and of the notices about them, after the end of the journey."""
    retention_licence_years: Annotated[int, Field(ge=1, le=100)] = 10
    """Of licences, after the end of their life."""
    retention_tax_years: Annotated[int, Field(ge=5, le=100)] = 7
    """Of invoices, receipts and books, after the day of the booking."""

    def years_of(self, record_class: RecordClass) -> int:
        """How many years a class is kept; KeyError for contacts."""
        return {
            RecordClass.REQUEST: self.retention_request_years,
            RecordClass.NOTICE: self.retention_request_years,
            RecordClass.LICENCE: self.retention_licence_years,
            RecordClass.TAX: self.retention_tax_years,
        }[record_class]

    def kept_until(self, record_class: RecordClass, ended: date) -> date:
        """The last day on which a record is kept that ended on that day; the 28th of a February without a 29th."""
        year = ended.year + self.years_of(record_class)
        try:
            return ended.replace(year=year)
        except ValueError:
            return ended.replace(year=year, day=28)

    def kept_since(self, record_class: RecordClass, now: datetime) -> datetime:
        """What ended before this instant is past, and may go; it is the beginning of a day in Thailand."""
        today = clock.local_date(now)
        year = today.year - self.years_of(record_class)
        try:
            first = today.replace(year=year)
        except ValueError:
            first = date(year, 3, 1)
        return datetime.combine(first, time(), BANGKOK)


# ── legal holds ──────────────────────────────────────────────────────────────────────────────────


def hold_table(metadata: MetaData) -> Table:
    """The table ``legal_hold`` of a service, in its own metadata; a release without a hold is kept as well."""
    return Table(
        "legal_hold",
        metadata,
        Column("hold_id", Uuid, primary_key=True),
        Column("journey_id", Uuid, nullable=False),
        Column("since", DateTime(timezone=True), nullable=False),
        Column("released_at", DateTime(timezone=True)),
        Index("legal_hold_journey", "journey_id"),
    )


HELD = "SELECT DISTINCT journey_id FROM legal_hold WHERE released_at IS NULL AND journey_id = ANY($1::uuid[])"
KEEP = "INSERT INTO legal_hold (hold_id, journey_id, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
RELEASE = """
    INSERT INTO legal_hold AS known (hold_id, journey_id, since, released_at) VALUES ($1, $2, $3, $3)
    ON CONFLICT (hold_id) DO UPDATE SET released_at = coalesce(known.released_at, excluded.released_at)
"""
"""Of a hold that is not known yet a row too, so that the hold finds it when it comes."""


def not_held(journey: str) -> str:
    """The condition that the journey in that column is not held, for finding what may go. ``removable`` decides.

    ValueError for a column without its table: it would be taken for the one of the holds.
    """
    if "." not in journey:
        raise ValueError("name the table of the column")
    standing = f"legal_hold.journey_id = {journey} AND legal_hold.released_at IS NULL"
    return f"NOT EXISTS (SELECT FROM legal_hold WHERE {standing})"


async def keep_hold(session: AsyncSession, event: Event, known: Known) -> None:  # noqa: ARG001
    """Keep the records of a journey, whatever their class, until the hold is released."""
    fact: JourneyHeld = event.data
    # Whoever removes something of the journey in this moment is waited for, and whoever comes later finds the hold.
    await journeys.hold(session, [fact.journey])
    await fetch(session, KEEP, fact.hold, fact.journey, event.time)


async def release_hold(session: AsyncSession, event: Event, known: Known) -> None:  # noqa: ARG001
    """End a hold, also one that is heard of only afterwards."""
    fact: JourneyReleased = event.data
    await fetch(session, RELEASE, fact.hold, fact.journey, event.time)


HOLDS = (on(JourneyHeld, keep_hold), on(JourneyReleased, release_hold))
"""For the ``REACTIONS`` of a service that removes or erases records."""


async def held(session: AsyncSession, wanted: Iterable[UUID]) -> set[UUID]:
    """Those of the journeys that are held."""
    return {row["journey_id"] for row in await fetch(session, HELD, list(wanted))}


async def removable(session: AsyncSession, wanted: Iterable[UUID]) -> list[UUID]:
    """Those of the journeys that are not held and will not be before this transaction ends."""
    asked = sorted(set(wanted))
    await journeys.hold(session, asked)
    kept = await held(session, asked)  # a statement after the lock: it sees every hold that was written before
    return [each for each in asked if each not in kept]


# ── the nightly removal ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Removal:
    """How a service removes what is past of one class."""

    find: Callable[[AsyncSession, Any, int], Awaitable[Sequence[UUID]]]
    """Journeys with something past, ``not_held``, at most so many; by the service's settings."""
    remove: Callable[[AsyncSession, Any, Sequence[UUID]], Awaitable[None]]
    """Remove what is past of these journeys: ``find`` finds none of them again."""


def nightly(*removals: Removal) -> Recurring:
    """The work REMOVE: every night everything that is past goes, batch by batch."""

    async def work(kit: "Kit", _key: str, _payload: dict[str, Any]) -> None:
        if await _tells_the_time(kit):
            for removal in removals:
                await _remove_all(kit, removal)

    return Recurring(work, AT)


async def _tells_the_time(kit: "Kit") -> bool:
    """Whether the clock agrees with the database's: one that runs years ahead would remove what nobody can restore."""
    async with kit.database.connection() as connection:
        apart = abs(clock.now() - await connection.fetchval("SELECT clock_timestamp()"))
    if clock.is_moved or apart < MOST_APART:
        return True
    log.error("nothing is removed by a clock that is wrong", apart_s=int(apart.total_seconds()))
    return False


async def _remove_all(kit: "Kit", removal: Removal) -> None:
    seen: set[UUID] = set()
    for _ in range(BATCHES):
        async with kit.database.reading() as session:
            found = set(await removal.find(session, kit.settings, BATCH))
        if not (fresh := found - seen):
            break
        seen |= fresh
        await _remove_some(kit, removal, fresh)
    else:
        raise Later(clock.now())
    if found:
        log.warning("what is past was not removed", journeys=len(found))


async def _remove_some(kit: "Kit", removal: Removal, journeys: set[UUID]) -> None:
    """Remove a batch together or, where that fails, each alone: what cannot be removed keeps nothing else from it."""
    try:
        await _remove(kit, removal, journeys)
    except Exception as error:
        if is_passing(error):
            raise
        log.warning("what is past is removed one by one", journeys=len(journeys), error=gist(error))
        for each in sorted(journeys):
            await _remove_one(kit, removal, each)


async def _remove_one(kit: "Kit", removal: Removal, journey: UUID) -> None:
    try:
        await _remove(kit, removal, {journey})
    except Exception as error:
        if is_passing(error):
            raise
        log.error("what is past cannot be removed", journey=str(journey), error=gist(error), at=places(error))


async def _remove(kit: "Kit", removal: Removal, journeys: set[UUID]) -> None:
    async with kit.database.transaction() as session:
        if free := await removable(session, journeys):
            await removal.remove(session, kit.settings, free)


# ── the answer to an erasure ─────────────────────────────────────────────────────────────────────


class Tally:
    """Counts what an erasure did, for the fact that answers it."""

    def __init__(self) -> None:
        self._erased: dict[RecordClass, int] = defaultdict(int)
        self._kept: dict[tuple[RecordClass, Reason], int] = defaultdict(int)
        self._until: dict[tuple[RecordClass, Reason], date] = {}

    def erased(self, record_class: RecordClass, count: int = 1) -> None:
        """So many records are gone."""
        self._erased[record_class] += count

    def kept(self, record_class: RecordClass, reason: Reason, until: date | None = None, count: int = 1) -> None:
        """So many records stay, and until when; of several days the last is told."""
        key = record_class, reason
        self._kept[key] += count
        if until is not None:
            self._until[key] = max(until, self._until.get(key, until))

    def records(self) -> tuple[Kept, ...]:
        """What was counted, by class and reason; nothing of a class of which there was nothing."""
        erased = [
            Kept(record_class=each, erased=count, kept=0, reason=None, until=None)
            for each, count in self._erased.items()
            if count
        ]
        kept = [
            Kept(record_class=each, erased=0, kept=count, reason=reason, until=self._until.get((each, reason)))
            for (each, reason), count in self._kept.items()
            if count
        ]
        return tuple(sorted((*erased, *kept), key=lambda each: (each.record_class, each.reason or "")))
