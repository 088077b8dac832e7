"""What is known of agencies as issuers of credentials: anybody may ask, so that answers are kept for a short while."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from kit.clock import clock
from kit.contracts.text import Text
from kit.database import Database
from kit.rows import fetch
from kit.sections import read_section
from services.issuance import domain
from services.issuance.domain import Configuration

LIFE = timedelta(seconds=10)
"""For so long an answer is kept here, and for as long again by whoever asked.

Short, for a new kind of document must be there when the holder of the first one opens the offer of its credential;
long enough that the database is asked of an agency six times a minute, however many wallets ask.
"""
MOST = 1_000
"""Agencies of which an answer is kept: whoever makes codes up fills no more than that."""
IS_ISSUING = "SELECT EXISTS (SELECT FROM section WHERE body ->> 'agency' = $1) AS is_issuing"
SECTIONS = "SELECT body - 'files' AS body FROM section WHERE body ->> 'agency' = $1 ORDER BY fetched_at, definition"
"""Without their templates, what was learnt last at the end: it has the agency's name of today."""
V = TypeVar("V")


class Kept(Generic[V]):
    """Answers about agencies, each kept for a while; one question at a time, whoever and however many ask."""

    def __init__(self, ask: Callable[[str], Awaitable[V]]) -> None:
        self._ask = ask
        self._asking = asyncio.Lock()
        self._kept: dict[str, tuple[datetime, V]] = {}

    async def of(self, agency: str) -> V:
        """The answer for an agency, no older than `LIFE`."""
        if not self._is_fresh(agency):
            async with self._asking:
                if not self._is_fresh(agency):  # nor has anybody asked meanwhile
                    await self._renew(agency)
        return self._kept[agency][1]

    def _is_fresh(self, agency: str) -> bool:
        now, known = clock.now(), self._kept.get(agency)
        return known is not None and known[0] <= now < known[0] + LIFE

    async def _renew(self, agency: str) -> None:
        answer = clock.now(), await self._ask(agency)
        self._kept.pop(agency, None)
        while len(self._kept) >= MOST:
            # What was made up first: it drives out nobody who is known.
            del self._kept[next((each for each, (_, known) in self._kept.items() if not known), next(iter(self._kept)))]
        self._kept[agency] = answer


@dataclass(frozen=True)
class Described:
    """An agency as an issuer: its name, and the kinds of its documents by their type."""

    name: Text
    kinds: Mapping[str, Configuration]


class KnownIssuers:
    """What the definitions that are known here say of the agencies."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._issuing = Kept(self._is_issuing)
        self._described = Kept(self._describe)

    async def is_issuing(self, agency: str) -> bool:
        """Whether a definition of the agency is known."""
        return await self._issuing.of(agency)

    async def described(self, agency: str) -> Described | None:
        """The agency's name and kinds of documents; None where no definition of it is known."""
        return await self._described.of(agency)

    async def _is_issuing(self, agency: str) -> bool:
        async with self._database.reading() as session:
            (row,) = await fetch(session, IS_ISSUING, agency)
        return bool(row["is_issuing"])

    async def _describe(self, agency: str) -> Described | None:
        async with self._database.reading() as session:
            rows = await fetch(session, SECTIONS, agency)
        sections = [read_section(row["body"]) for row in rows]
        return Described(sections[-1].agency_name, domain.configurations(sections)) if sections else None
