"""What is past is removed: notices with their evidence, what letters say, copies of addresses.

Two things stay. The row of the delivery, without the person: that the journey ended, when and how, is what keeps a late
event from ending it again. And the row of a letter, without what it says: the register of sent letters has no gap, and
the hash of what left still proves it to whoever has kept the letter.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit import duework
from kit.clock import clock
from kit.contracts.retention import RecordClass
from kit.retention import Removal, not_held
from kit.rows import fetch
from services.delivery.commands.climbing import CLIMB
from services.delivery.commands.letters import WORK as LETTER
from services.delivery.domain import proving
from services.delivery.settings import Settings

PAST_NOTICES = f"""
    SELECT DISTINCT journey_id FROM (
        SELECT journey_id FROM notice JOIN delivery USING (journey_id)
        WHERE notice.created_at < $1 AND delivery.completed_at < $1 AND {not_held("delivery.journey_id")} LIMIT $2
    ) AS past
"""  # noqa: S608 - our own columns
"""What is told of a licence long after the end of its journey is kept as long from then on.

Journeys are told apart only among the few that are looked at: else each batch would read all that is past.
"""
REMOVE_NOTICES = """
    WITH past AS (
        SELECT notice.id FROM notice JOIN delivery USING (journey_id)
        WHERE journey_id = ANY($1::uuid[]) AND created_at < $2 AND completed_at < $2
    ),
    periods AS (DELETE FROM appeal_period WHERE notice_id IN (SELECT id FROM past)),
    sent AS (SELECT id FROM dispatch WHERE notice_id IN (SELECT id FROM past)),
    events AS (DELETE FROM dispatch_event WHERE dispatch_id IN (SELECT id FROM sent)),
    gone AS (DELETE FROM dispatch WHERE id IN (SELECT id FROM sent))
    DELETE FROM notice WHERE id IN (SELECT id FROM past) RETURNING id
"""
FORGET_PERSON = """
    UPDATE delivery SET person_id = NULL WHERE journey_id = ANY($1::uuid[])
    AND NOT EXISTS (SELECT FROM notice WHERE notice.journey_id = delivery.journey_id)
"""

PAST_LETTERS = f"""
    SELECT DISTINCT journey_id FROM (
        SELECT journey_id FROM letter JOIN delivery USING (journey_id)
        WHERE letter.registered_at < $1 AND emptied_at IS NULL AND delivery.completed_at < $1
        AND {not_held("delivery.journey_id")} LIMIT $2
    ) AS past
"""  # noqa: S608 - our own columns
EMPTY_LETTERS = """
    UPDATE letter SET emptied_at = $3, subject = '', salutation = '', reference = NULL, body = '', enclosure = NULL
    FROM delivery WHERE delivery.journey_id = letter.journey_id AND completed_at < $2
    AND letter.journey_id = ANY($1::uuid[]) AND registered_at < $2 AND emptied_at IS NULL RETURNING letter.id
"""

OVER = "address_masked IS NOT NULL AND settled_at < $1 AND (state <> 'sent' OR decided_at < $1)"
"""A copy that no report is waited for any more: sent, decided, and a while ago."""
PAST_ADDRESSES = f"""
    SELECT DISTINCT journey_id FROM (
        SELECT journey_id FROM dispatch JOIN notice ON notice.id = notice_id JOIN delivery USING (journey_id)
        WHERE {OVER} AND delivery.completed_at < $1 AND NOT (appeal_days IS NOT NULL AND channel = ANY($2::text[]))
        AND {not_held("delivery.journey_id")} ORDER BY settled_at DESC LIMIT $3
    ) AS past
"""  # noqa: S608 - our own columns
"""The youngest first: the older ones are mostly evidence, which stays for years, and each batch would read past it."""
OF_JOURNEYS = f"""
    SELECT dispatch.id FROM dispatch JOIN notice ON notice.id = notice_id
    WHERE {OVER} AND NOT (appeal_days IS NOT NULL AND channel = ANY($2::text[])) AND journey_id = ANY($3::uuid[])
"""  # noqa: S608 - our own columns
FORGET = """
    WITH forgotten AS (
        UPDATE dispatch SET address_hash = NULL, address_masked = NULL, reply = NULL
        WHERE id = ANY($1::uuid[]) AND address_masked IS NOT NULL AND state <> 'sending'
        AND (state <> 'sent' OR decided_at IS NOT NULL) RETURNING id
    )
    INSERT INTO dispatch_event (id, dispatch_id, kind, code, at, noted_at)
    SELECT event, forgotten.id, 'forgotten', $3, $4, $4
    FROM forgotten JOIN unnest($1::uuid[], $2::uuid[]) AS named (id, event) ON named.id = forgotten.id
    RETURNING dispatch_id
"""
"""The evidence says that there was an address, and why it is not shown any more."""


async def find_notices(session: AsyncSession, settings: Settings, limit: int) -> Sequence[UUID]:
    """Journeys with notices whose time is over."""
    past = settings.kept_since(RecordClass.NOTICE, clock.now())
    return [row["journey_id"] for row in await fetch(session, PAST_NOTICES, past, limit)]


async def remove_notices(session: AsyncSession, settings: Settings, journeys: Sequence[UUID]) -> None:
    """Remove their notices that are past, with all evidence of them; the end of the journey stays, without a person."""
    past = settings.kept_since(RecordClass.NOTICE, clock.now())
    gone = await fetch(session, REMOVE_NOTICES, list(journeys), past)
    # What failed for good would stay with what the channel had said.
    await duework.cancel(session, CLIMB, *(row["id"] for row in gone))
    await fetch(session, FORGET_PERSON, list(journeys))


async def find_letters(session: AsyncSession, settings: Settings, limit: int) -> Sequence[UUID]:
    """Journeys about which letters were sent whose time is over."""
    past = settings.kept_since(RecordClass.REQUEST, clock.now())
    return [row["journey_id"] for row in await fetch(session, PAST_LETTERS, past, limit)]


async def empty_letters(session: AsyncSession, settings: Settings, journeys: Sequence[UUID]) -> None:
    """Remove what their letters say; number, addressee, times and hash stay on the register. No empty one leaves."""
    past = settings.kept_since(RecordClass.REQUEST, clock.now())
    emptied = await fetch(session, EMPTY_LETTERS, list(journeys), past, clock.now())
    await duework.cancel(session, LETTER, *(row["id"] for row in emptied))


async def find_addresses(session: AsyncSession, settings: Settings, limit: int) -> Sequence[UUID]:
    """Journeys with copies of addresses that serve nothing any more."""
    over, channels = _over(settings), proving(settings.notice_rules)
    return [row["journey_id"] for row in await fetch(session, PAST_ADDRESSES, over, channels, limit)]


async def forget_addresses(session: AsyncSession, settings: Settings, journeys: Sequence[UUID]) -> None:
    """Remove these copies; that something left by the channel, when, and what came of it stays."""
    over, channels = _over(settings), proving(settings.notice_rules)
    found = await fetch(session, OF_JOURNEYS, over, channels, list(journeys))
    await forget(session, [row["id"] for row in found], "purpose-over")


def _over(settings: Settings) -> datetime:
    return clock.now() - timedelta(days=settings.contact_days)


async def forget(session: AsyncSession, dispatches: Sequence[UUID], why: str) -> set[UUID]:
    """Remove the copies of addresses of these dispatches, save of those that are on their way; which were removed."""
    asked = sorted(dispatches)
    rows = await fetch(session, FORGET, asked, [uuid7() for _ in asked], why, clock.now())
    return {row["dispatch_id"] for row in rows}


REMOVALS = (
    Removal(find_notices, remove_notices),
    Removal(find_letters, empty_letters),
    Removal(find_addresses, forget_addresses),
)
