"""Request, process 3: wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from kit.app import Kit, create_app
from kit.claims import Claimed
from kit.documents import Composer
from kit.documents.seals import Seals
from kit.storage import Files
from services.request import api, consumers, domain, duework, queries
from services.request.settings import Settings

READERS = frozenset({"review", "approval", "payment", "issuance", "delivery"})


def build(settings: Settings) -> FastAPI:
    """The service with these settings."""

    @asynccontextmanager
    async def resources(kit: Kit) -> AsyncIterator[None]:
        with Composer() as composer:
            kit.provide(composer)
            kit.provide(Files(settings.storage_url))
            seals = Seals(settings.seals, settings.environment, settings.secret_of("seal_password"))
            kit.provide(seals.made_ready())
            yield

    return create_app(
        settings,
        title="Paet request",
        routers=[api.router],
        consumers=consumers,
        work=duework.WORK,
        check=domain.check_section,
        claims={
            "applications": Claimed(queries.claims, READERS, queries.claim_for),
            "corrections": Claimed(queries.correction_claims, frozenset({"review", "delivery"})),
        },
        resources=resources,
    )


def app() -> FastAPI:
    """The service with the settings of its environment."""
    return build(Settings())
