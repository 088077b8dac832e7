"""Definitions as a service sees them: its own section, fetched once and kept for ever."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from kit.clients import Peers
from kit.contracts.definition import Section
from kit.database import SECTION, Database


class Sections:
    """Memory first, then the database, then the gateway; a version never changes."""

    def __init__(self, database: Database, peers: Peers, service: str) -> None:
        self._database = database
        self._peers = peers
        self._service = service
        self._memory: dict[str, Section] = {}

    async def get(self, definition: str) -> Section:
        """One section, by ``id@version``; NotFound when the gateway has no such version."""
        return (await self.many([definition]))[definition]

    async def many(self, definitions: Sequence[str]) -> dict[str, Section]:
        """Several sections, keyed by ``id@version``."""
        unknown = [name for name in definitions if name not in self._memory]
        if unknown:
            await self._load(unknown)
        for name in definitions:
            if name not in self._memory:
                self._memory[name] = await self._fetch(name)
        return {name: self._memory[name] for name in definitions}

    async def _load(self, names: Sequence[str]) -> None:
        query = select(SECTION.c.definition, SECTION.c.body).where(SECTION.c.definition.in_(names))
        async with self._database.aside.connect() as connection:
            for row in await connection.execute(query):
                self._memory[row.definition] = read_section(row.body)

    async def _fetch(self, name: str) -> Section:
        identifier, _, version = name.partition("@")
        path = f"/internal/definitions/{identifier}/{version}/sections/{self._service}"
        body: dict[str, Any] = await self._peers.get("gateway", path)
        section = read_section(body)
        async with self._database.aside.begin() as connection:
            statement = insert(SECTION).on_conflict_do_nothing()
            await connection.execute(statement, {"definition": name, "body": body})
        return section


def read_section(body: Mapping[str, Any] | str) -> Section:
    """A section as it is kept, or its text; it may have grown since this reader was built.

    Only the gateway must know all of its settings. ValidationError.
    """
    if isinstance(body, str):
        return Section.model_validate_json(body, extra="ignore")
    return Section.model_validate(body, extra="ignore")
