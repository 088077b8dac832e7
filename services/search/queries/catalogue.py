"""The catalogue as a process holds it: every published service, its index, kept fresh from the table."""

import asyncio
from bisect import bisect_right
from collections import Counter

from structlog.stdlib import get_logger

from kit.contracts.text import Language
from kit.database import Database
from kit.sections import read_section
from services.search.domain import Entry, UnknownService, entry_of
from services.search.queries.index import Index

CHUNK = 500
NEWER = "SELECT section::text AS section, revision FROM entry WHERE revision > $1 ORDER BY revision LIMIT $2"

log = get_logger("paet.search")


class Catalogue:
    """Answers from memory, so that a question costs the database nothing."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._index = Index()
        self._ids: list[str] = []
        self.revision = 0

    async def refresh(self, database: Database) -> int:
        """Take in what was published since; tells how many entries changed."""
        changed = 0
        while rows := await _newer(database, self.revision):
            changed += len(rows)
            entries = await asyncio.to_thread(self._take, [section for section, _ in rows])
            self._entries |= {entry.id: entry for entry in entries}
            self._ids = sorted(self._entries)
            self.revision = rows[-1][1]
        return changed

    def _take(self, sections: list[str]) -> list[Entry]:
        entries = [entry_of(read_section(section)) for section in sections]
        self._index.put(entries)
        return entries

    def find(self, question: str, topic: str | None, language: Language, limit: int) -> tuple[list[Entry], int]:
        """The services that answer best and how many there are; by topic and title when nothing is asked."""
        if question.strip():
            found = self._index.find(question, topic, limit)
            # The index may be a moment ahead of the entries while it is refreshed.
            return [self._entries[each] for each in found.ids if each in self._entries], found.total
        chosen = [entry for entry in self._entries.values() if topic is None or topic in entry.topics]
        chosen.sort(key=lambda entry: entry.section.title.in_language(language))
        return chosen[:limit], len(chosen)

    def get(self, identifier: str) -> Entry:
        """One service; UnknownService."""
        if identifier not in self._entries:
            raise UnknownService()
        return self._entries[identifier]

    def page(self, after: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Services in the order of their ids after a cursor, and the cursor of the next page."""
        start = bisect_right(self._ids, after) if after is not None else 0
        ids = self._ids[start : start + limit]
        has_more = start + limit < len(self._ids)
        return [self._entries[each] for each in ids], ids[-1] if has_more else None

    def topics(self) -> dict[str, int]:
        """Topics with the number of their services."""
        return dict(sorted(Counter(topic for entry in self._entries.values() for topic in entry.topics).items()))


async def keep_fresh(catalogue: Catalogue, database: Database, seconds: float) -> None:
    """Take in what is published until cancelled; an outage of the database is waited out with what is known."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await catalogue.refresh(database)
        except Exception as error:  # noqa: BLE001 - answers go on from memory, and every fault is said
            log.warning("catalogue may be stale", error=type(error).__name__)


async def _newer(database: Database, revision: int) -> list[tuple[str, int]]:
    """Sections as JSON text, with their revisions; the next ones after a revision."""
    async with database.connection() as connection:
        return [(row["section"], row["revision"]) for row in await connection.fetch(NEWER, revision, CHUNK)]
