"""What is past is removed: the holder's side of a licence goes, numbers, places in lists and digests stay.

The journeys are held first, then their documents are locked in order, as by everybody who acts on them: an act comes
wholly before, or finds that nothing is kept.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import asyncpg
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework
from kit.clock import clock, local_date
from kit.retention import RetentionSettings
from kit.rows import fetch
from kit.unstoring import UNSTORE
from services.issuance import domain, queries
from services.issuance.commands.archiving import ARCHIVE
from services.issuance.commands.copying import CERTIFY
from services.issuance.commands.expiring import EXPIRY
from services.issuance.commands.requesting import REISSUE, WORK
from services.issuance.domain.retaining import EMPTIED, GONE, is_past

PLANNED = """
    SELECT document.id, agency, attempt, coalesce(max(version), 1) AS version,
        array_agg(copy.id) FILTER (WHERE copy.state = 'requested') AS copies
    FROM document LEFT JOIN archivedfile ON archivedfile.document_id = document.id
    LEFT JOIN certified_copy AS copy ON copy.document_id = document.id
    WHERE document.id = ANY($1::uuid[]) GROUP BY document.id ORDER BY document.id
"""


def _emptied(table: str) -> str:
    return ", ".join(f"{name} = {value}" for name, value in EMPTIED[table].items())


EMPTY = f"UPDATE document SET removed_on = $1, {_emptied('document')} WHERE id = ANY($2::uuid[])"  # noqa: S608 - our own text
OF_DOCUMENTS = (
    *(
        f"UPDATE {each} SET {_emptied(each)} WHERE document_id = ANY($1::uuid[])"  # noqa: S608 - as above
        for each in EMPTIED if each != "document"
    ),
    *(f"DELETE FROM {each} WHERE document_id = ANY($1::uuid[])" for each in GONE),  # noqa: S608 - as above
)  # fmt: skip


async def remove_past(session: AsyncSession, settings: RetentionSettings, journeys: Sequence[UUID]) -> None:
    """Remove the licences of journeys, which are free to go, whose years are over; doing it again changes nothing."""
    today = local_date(clock.now())
    found = await queries.retained.of_journeys(session, journeys)
    await queries.documents(session, [document for each in found for document in each.documents], lock=True)
    # Once more, now that nobody can act on them.
    found = await queries.retained.of_journeys(session, journeys)
    if past := [document for each in found if is_past(each, settings.kept_until, today) for document in each.documents]:
        await _remove(session, past, today)


async def _remove(session: AsyncSession, documents: Sequence[UUID], today: date) -> None:
    planned = await fetch(session, PLANNED, list(documents))
    await fetch(session, EMPTY, today, list(documents))
    for statement in OF_DOCUMENTS:
        await fetch(session, statement, list(documents))
    await _forget_work(session, planned)
    for row in planned:
        folder = domain.folder_of(row["agency"], row["id"])
        await duework.add(session, UNSTORE, row["id"], payload={"folder": folder})


async def _forget_work(session: AsyncSession, planned: Sequence[asyncpg.Record]) -> None:
    """Nothing is made, made to last or told of them any more, nor is it kept what went wrong when it was."""
    attempts = [f"{row['id']}:{attempt}" for row in planned for attempt in range(1, row["attempt"] + 1)]
    unwanted = {
        EXPIRY: [row["id"] for row in planned],
        ARCHIVE: [f"{row['id']}:{row['version'] + 1}" for row in planned],
        WORK: attempts,
        REISSUE: attempts,
        CERTIFY: [copy for row in planned for copy in row["copies"] or ()],
    }
    for kind, keys in unwanted.items():
        await duework.cancel(session, kind, *keys)
