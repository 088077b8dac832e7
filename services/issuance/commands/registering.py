"""Documents are put on the register once their sealed files are stored."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import outbox
from kit.clock import clock
from kit.contracts.events import Issued
from kit.rows import fetch
from services.issuance import domain
from services.issuance.commands import expiring
from services.issuance.commands.archiving import plan_archive
from services.issuance.domain import NumberState, State
from services.issuance.models import Document

REGISTER = """
    WITH held AS (SELECT id FROM document WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE)
    UPDATE document
    SET state = $2, issued_at = $3, file_name = each.file_name, stored_as = each.stored_as, sha256 = each.sha256,
        public = each.public::jsonb, document_type = each.document_type, searched = each.searched,
        grams = string_to_array(each.grams, ' ')
    FROM held JOIN unnest($1::uuid[], $4::int[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
            $11::text[], $12::text[])
        AS each (id, year, running, file_name, stored_as, sha256, public, document_type, searched, grams) USING (id)
    WHERE document.id = held.id AND document.state = $13
        AND (document.year, document.running) = (each.year, each.running)
    RETURNING document.id
"""
"""Locked in the order of their ids, as when their numbers were given; found by the register from this moment on."""
SETTLE_NUMBERS = """
    UPDATE number SET state = $1, settled_at = $2 WHERE document_id = ANY($3::uuid[]) AND state = $4
    RETURNING document_id
"""
SECOND = 2
"""The version of a file that follows the one that is issued."""


@dataclass(frozen=True)
class StoredFile:
    """A sealed document as it lies in the store, what the register shows of it, when its holder is reminded."""

    name: str
    stored_as: str
    sha256: str
    document_type: str
    public: Sequence[Mapping[str, Any]]
    leads: Sequence[int] = ()
    """Days before its end."""


async def register(
    session: AsyncSession, made: Sequence[tuple[Document, StoredFile]], archive_after: timedelta | None = None
) -> None:
    """The sealed files are stored: the documents stand on the register and their journeys go on, once."""
    ids = await enter(session, made, clock.now(), archive_after)
    for document, file in made:
        if document.id in ids:
            await outbox.hand_over(session, document, Issued)
            await expiring.plan(session, document, file.leads)


async def enter(
    session: AsyncSession,
    made: Sequence[tuple[Document, StoredFile]],
    now: datetime,
    archive_after: timedelta | None = None,
) -> set[UUID]:
    """Put sealed documents on the register and settle their own numbers; the ids of those that were not there yet.

    The files are made to last after that time, where one is given.
    """
    documents, files = [document for document, _ in made], [file for _, file in made]
    searched = [domain.searched(each.number, each.title, file.public) for each, file in made]
    rows = await fetch(
        session, REGISTER, [each.id for each in documents], State.ISSUED, now, [each.year for each in documents],
        [each.running for each in documents], [each.name for each in files], [each.stored_as for each in files],
        [each.sha256 for each in files], [json.dumps(each.public, ensure_ascii=False) for each in files],
        [each.document_type for each in files], searched, [" ".join(domain.grams_of(each)) for each in searched],
        State.ISSUING,
    )  # fmt: skip
    ids = {row["id"] for row in rows}
    own = [each.id for each in documents if each.id in ids and not each.edition]
    settled = await fetch(session, SETTLE_NUMBERS, NumberState.ISSUED, now, own, NumberState.GIVEN)
    if len(settled) != len(own):
        msg = "a document that is being issued has no number"
        raise RuntimeError(msg)
    if archive_after is not None:
        for document in documents:
            if document.id in ids:
                await plan_archive(session, document.id, SECOND, now + archive_after, document.journey_id)
    return ids
