"""What changes the catalogue: a version was published."""

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.claims import SECTION, Known
from kit.cloudevents import Event
from services.search import domain
from services.search.models import CatalogueEntry

CATALOGUE_LOCK = 7301
"""Advisory lock: revisions are committed in the order in which they are given."""


async def enter(session: AsyncSession, _event: Event, known: Known) -> None:
    """Enter the version in the catalogue, unless a newer one stands there: events come in any order."""
    section = known[SECTION]
    entry = domain.entry_of(section)
    # A reader asks for what is newer than the last revision it saw, so none may appear below it later.
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CATALOGUE_LOCK})
    last = (await session.execute(select(func.max(CatalogueEntry.revision)))).scalar_one() or 0
    row = insert(CatalogueEntry).values(
        id=entry.id, version=entry.version, section=section.model_dump(mode="json"), revision=last + 1
    )
    changes = {name: row.excluded[name] for name in ("version", "section", "revision")}
    is_newer = col(CatalogueEntry.version) < row.excluded.version
    await session.execute(row.on_conflict_do_update(index_elements=["id"], set_=changes, where=is_newer))
