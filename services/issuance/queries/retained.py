"""When the life of licences has ended, as far as it says how long they are kept."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock, local_date
from kit.contracts.retention import RecordClass
from kit.retention import RetentionSettings, not_held
from kit.rows import fetch
from services.issuance.domain.retaining import Licence

DOCUMENTS = """
    SELECT coalesce(origin, id) AS term, id, journey_id,
        state IN ('requested', 'issuing') OR state = 'failed' AND kind = 'first' AND NOT EXISTS (
            SELECT FROM tombstone WHERE tombstone.journey_id = document.journey_id
        ) AS is_open,
        state NOT IN ('failed', 'stopped') AS is_licence,
        coalesce((CASE
            WHEN state IN ('failed', 'stopped') THEN greatest(requested_at, numbered_at, (
                SELECT closed_at FROM tombstone WHERE tombstone.journey_id = document.journey_id
            ))
            WHEN state = 'revoked' THEN (
                SELECT max(at) FROM document_act
                WHERE document_id = document.id AND act = 'revoke' AND phase = 'confirmed'
            )
            WHEN state = 'replaced' THEN (
                SELECT max(greatest(next.numbered_at, next.issued_at)) FROM document AS next
                WHERE next.replaces = document.id AND next.state <> 'stopped'
            )
        END AT TIME ZONE 'Asia/Bangkok')::date, valid_until) AS ended_on
    FROM document WHERE removed_on IS NULL
"""
"""Of each document when its life has ended or will; it may be by an act. Conditions may follow.

One that failed is waited for until its journey has ended: an operator may try again what was granted and paid.
"""
TERMS = """
    SELECT term, (array_agg(journey_id))[1] AS journey_id, array_agg(id ORDER BY id) AS documents,
        bool_or(is_licence) AS is_licence, bool_or(is_open) AS is_open,
        CASE WHEN bool_and(ended_on IS NOT NULL) THEN max(ended_on) END AS ended_on
    FROM ({}) AS document GROUP BY term
"""
CANDIDATES = """
    SELECT coalesce(origin, id) AS term, journey_id FROM document WHERE removed_on IS NULL AND valid_until < $1::date
    UNION ALL
    SELECT coalesce(origin, id), journey_id FROM document
    WHERE removed_on IS NULL AND state IN ('revoked', 'replaced', 'stopped', 'failed') AND requested_at < $2
"""
"""Terms with a document that has ended before $1, or by an act or never issued and wanted before $2: by two indexes.

Some stand there twice: to tell them apart all would be read, of which a batch wants few.
"""
OF_CANDIDATE = "AND document.journey_id = candidate.journey_id AND coalesce(origin, id) = candidate.term"
PAST = f"""
    SELECT DISTINCT journey_id FROM (
        SELECT found.journey_id FROM ({CANDIDATES}) AS candidate
        CROSS JOIN LATERAL ({TERMS.format(DOCUMENTS + OF_CANDIDATE)}) AS found
        WHERE NOT is_open AND ended_on < CASE WHEN is_licence THEN $1 ELSE $3::date END
            AND {not_held("found.journey_id")}
        LIMIT $4
    ) AS past
"""  # noqa: S608 - our own text
OF_JOURNEYS = f"{TERMS.format(DOCUMENTS + 'AND journey_id = ANY($1::uuid[])')} ORDER BY term"
OF_PERSON = "SELECT DISTINCT journey_id FROM document WHERE person_id = $1"


async def past(session: AsyncSession, settings: RetentionSettings, most: int) -> Sequence[UUID]:
    """Journeys that are not held, with a licence, or something never issued, whose years are over."""
    licence, request = (settings.kept_since(each, clock.now()) for each in (RecordClass.LICENCE, RecordClass.REQUEST))
    days = local_date(licence), max(licence, request), local_date(request)
    return [row["journey_id"] for row in await fetch(session, PAST, *days, most)]


async def of_journeys(session: AsyncSession, journeys: Sequence[UUID]) -> list[Licence]:
    """The licences of journeys that are kept."""
    return [
        Licence(
            row["term"], row["journey_id"], tuple(row["documents"]), row["is_licence"], row["is_open"], row["ended_on"]
        )
        for row in await fetch(session, OF_JOURNEYS, list(journeys))
    ]


async def journeys_of(session: AsyncSession, person: UUID) -> list[UUID]:
    """The journeys of a person's documents: the whole table is read."""
    return [row["journey_id"] for row in await fetch(session, OF_PERSON, person)]
