"""Search, process 1: wiring only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from kit.app import Kit, create_app
from services.search import api, consumers, domain
from services.search.queries import Catalogue, keep_fresh
from services.search.settings import Settings


def build(settings: Settings) -> FastAPI:
    """The service with these settings."""
    notice = domain.Notice(
        disclaimer=settings.disclaimer, conditions=settings.conditions, answer_time=settings.answer_time
    )

    @asynccontextmanager
    async def resources(kit: Kit) -> AsyncIterator[None]:
        catalogue = Catalogue()
        kit.provide(notice)
        kit.provide(catalogue)
        await catalogue.refresh(kit.database)
        fresh = asyncio.create_task(keep_fresh(catalogue, kit.database, settings.refresh_seconds))
        try:
            yield
        finally:
            fresh.cancel()
            with suppress(asyncio.CancelledError):
                await fresh

    return create_app(
        settings,
        title="Paet search",
        routers=[api.router],
        consumers=consumers,
        check=domain.check_section,
        resources=resources,
    )


def app() -> FastAPI:
    """The service with the settings of its environment."""
    return build(Settings())
