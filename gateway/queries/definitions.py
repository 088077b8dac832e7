"""Reads of published definitions. A version never changes, so what was read once is kept in memory."""

from collections import OrderedDict
from collections.abc import Sequence

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from gateway.domain.definitions import DefinitionNotFound, DefinitionSuperseded
from gateway.domain.differences import differences
from gateway.models import DefinitionVersion
from gateway.schemas import Currency
from kit.contracts.definition import Bundle, Definition, Section, section_for
from kit.contracts.journey import Process
from kit.rows import fetch

MOST_KEPT = 512
BOOKS_OF_OTHERS = """
    SELECT DISTINCT step ->> 'receipt_book' AS book
    FROM definition_version, jsonb_array_elements(bundle #> '{definition,plan}') AS step
    WHERE agency <> $1 AND step ->> 'receipt_book' = ANY($2)
"""


class Versions:
    """Parsed definitions of one process, the latest used kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Definition] = OrderedDict()

    async def get(self, session: AsyncSession, ref: str) -> Definition:
        """The definition of ``id@version``; DefinitionNotFound."""
        if ref not in self._kept:
            identifier, _, version = ref.partition("@")
            row = await find(session, identifier, int(version))
            self._kept[ref] = Definition.model_validate(row.bundle["definition"])
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(ref)
        return self._kept[ref]


async def find(session: AsyncSession, identifier: str, version: int) -> DefinitionVersion:
    """One published version; DefinitionNotFound."""
    row = await session.get(DefinitionVersion, (identifier, version))
    if row is None:
        raise DefinitionNotFound()
    return row


async def versions_of(session: AsyncSession, identifier: str) -> Sequence[DefinitionVersion]:
    """All versions of a definition, oldest first."""
    query = select(DefinitionVersion).where(DefinitionVersion.id == identifier).order_by(col(DefinitionVersion.version))
    return (await session.exec(query)).all()


async def books_of_others(session: AsyncSession, agency: str, books: Sequence[str]) -> set[str]:
    """Which of these books of receipts other agencies have in a version, in force or not."""
    return {row["book"] for row in await fetch(session, BOOKS_OF_OTHERS, agency, books)} if books else set()


async def latest_number(session: AsyncSession, identifier: str) -> int:
    """The number of the version in force; 0 when there is none."""
    found = await fetch(session, "SELECT max(version) FROM definition_version WHERE id = $1", identifier)
    return found[0][0] or 0


async def resolve(session: AsyncSession, versions: Versions, wanted: str, latest: int) -> Definition:
    """The definition in force for ``id`` or ``id@version``; DefinitionNotFound, DefinitionSuperseded."""
    identifier, _, version = wanted.partition("@")
    if not latest or (version and int(version) > latest):
        raise DefinitionNotFound()
    if version and int(version) < latest:
        raise DefinitionSuperseded(f"{identifier}@{latest}")
    return await versions.get(session, f"{identifier}@{latest}")


async def in_force(
    session: AsyncSession, *, after: str = "", limit: int | None = None, agency: str | None = None
) -> Sequence[DefinitionVersion]:
    """The latest version of every definition, by id, page by page."""
    query = (
        select(DefinitionVersion)
        .where(_is_latest(), col(DefinitionVersion.id) > after)
        .order_by(col(DefinitionVersion.id))
        .limit(limit)
    )
    if agency is not None:
        query = query.where(DefinitionVersion.agency == agency)
    return (await session.exec(query)).all()


async def levels_in_force(session: AsyncSession) -> Sequence[str]:
    """The service level of every definition in force."""
    return (await session.exec(select(DefinitionVersion.level).where(_is_latest()))).all()


def _is_latest() -> ColumnElement[bool]:
    other = aliased(DefinitionVersion)
    newest = select(func.max(other.version)).where(other.id == DefinitionVersion.id).scalar_subquery()
    return col(DefinitionVersion.version) == newest


async def section_of(session: AsyncSession, identifier: str, version: int, process: Process) -> Section:
    """What one service gets of a version; DefinitionNotFound."""
    row = await find(session, identifier, version)
    return section_for(Bundle.model_validate(row.bundle), process)


async def currency(session: AsyncSession, identifier: str, version: int) -> Currency:
    """How a version stands to the one in force; DefinitionNotFound."""
    latest = await latest_number(session, identifier)
    if latest == version:
        return Currency(latest=latest, differences=[])
    row, newest = await find(session, identifier, version), await find(session, identifier, latest)
    found = differences(Bundle.model_validate(row.bundle), Bundle.model_validate(newest.bundle))
    return Currency(latest=latest, differences=found)
