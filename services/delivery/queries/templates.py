"""Reads of templates: which words are in force, and every version there was."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import asyncpg
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.contracts.text import Text
from kit.rows import fetch
from services.delivery.domain import PLATFORM, Saved, Wording, is_whole

COLUMNS = "id, agency, kind, version, subject_th, subject_en, body_th, body_en, author, created_at, valid_from"
IN_FORCE = f"""
    SELECT DISTINCT ON (agency, kind) {COLUMNS} FROM template
    WHERE agency = ANY($1::text[]) AND kind = ANY($2::text[]) AND valid_from <= $3
    ORDER BY agency, kind, version DESC
"""  # noqa: S608 - our own columns
VERSIONS = f"SELECT {COLUMNS} FROM template WHERE agency = ANY($1::text[]) AND kind = $2 ORDER BY version DESC LIMIT $3"  # noqa: S608 - as above
LATEST = f"SELECT {COLUMNS} FROM template WHERE agency = $1 AND kind = $2 ORDER BY version DESC LIMIT 1"  # noqa: S608 - as above
LATEST_OF_ALL = f"SELECT DISTINCT ON (kind) {COLUMNS} FROM template WHERE agency = $1 ORDER BY kind, version DESC"  # noqa: S608 - as above
MOST_VERSIONS = 200


async def in_force(
    session: AsyncSession, agencies: Iterable[str], kinds: Iterable[str], at: datetime
) -> Mapping[tuple[str, str], Saved]:
    """By agency and kind the version whose words count: the newest in force of the agency, else of the platform.

    Absent where the shipped words are used: also in place of words that leave out what must be told by now.
    """
    wanted = sorted(set(agencies))
    rows = await fetch(session, IN_FORCE, sorted({*wanted, PLATFORM}), sorted(set(kinds)), at)
    saved = {(row["agency"], row["kind"]): _saved(row) for row in rows}
    worded = {key: each for key, each in saved.items() if each.wording and is_whole(each.kind, each.wording)}
    platform = {kind: each for (agency, kind), each in worded.items() if agency == PLATFORM}
    return {(agency, kind): each for agency in wanted for kind, each in platform.items()} | worded


async def versions(session: AsyncSession, agency: str, kind: str) -> Sequence[Saved]:
    """The versions of an agency and of the platform, newest first."""
    return [_saved(row) for row in await fetch(session, VERSIONS, sorted({agency, PLATFORM}), kind, MOST_VERSIONS)]


async def latest(session: AsyncSession, agency: str, kind: str) -> Saved | None:
    """An agency's last version, be it for later or without words; None where there never was one."""
    rows = await fetch(session, LATEST, agency, kind)
    return _saved(rows[0]) if rows else None


async def latest_of_all(session: AsyncSession, agency: str) -> Mapping[str, Saved]:
    """An agency's last version of every kind that has one."""
    return {row["kind"]: _saved(row) for row in await fetch(session, LATEST_OF_ALL, agency)}


def _saved(row: asyncpg.Record) -> Saved:
    wording = None
    if row["subject_th"] is not None:
        subject = Text(th=row["subject_th"], en=row["subject_en"])
        wording = Wording(subject, Text(th=row["body_th"], en=row["body_en"]))
    return Saved(
        row["id"], row["agency"], row["kind"], row["version"], wording, row["author"], row["created_at"],
        row["valid_from"],
    )  # fmt: skip
