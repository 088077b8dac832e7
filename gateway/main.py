"""The gateway: wiring only."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from gateway import api, consumers, duework, proxy
from gateway.holders import HolderAuthenticator
from gateway.live import News
from gateway.queries.definitions import Versions
from gateway.queries.journeys import count_open
from gateway.settings import Settings
from kit.app import Kit, create_app
from kit.metrics import Gauge

OPENAPI = Path(__file__).parent / "openapi.json"


@asynccontextmanager
async def resources(kit: Kit) -> AsyncIterator[None]:
    """What lives as long as the process."""
    kit.provide(Versions())
    kit.verifier = HolderAuthenticator(kit.verifier, kit.database)
    async with News(kit.settings.secret_of("database_url")).listening() as news:
        kit.provide(news)
        yield


def build(settings: Settings) -> FastAPI:
    """The gateway with these settings."""
    application = create_app(
        settings,
        title="Paet",
        routers=api.ROUTERS,
        consumers=consumers,
        work=duework.WORK,
        gauges={"paet_journeys_open": Gauge(count_open, "Journeys begun and not ended")},
        resources=resources,
        larger=proxy.WHOLE_FILES,
    )
    proxy.install(application)
    document: dict[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))
    application.openapi = lambda: document  # type: ignore[method-assign]
    return application


def app() -> FastAPI:
    """The gateway with the settings of its environment."""
    return build(Settings())
