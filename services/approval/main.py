"""Wires approval: routes, consumers, the check of its section, the claim it answers, its keyring."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from kit.app import Kit, create_app
from kit.claims import Claimed
from kit.metrics import Gauge
from services.approval import api, consumers, queries
from services.approval.domain import check_section
from services.approval.settings import Settings


def build(settings: Settings) -> FastAPI:
    """The application with these settings; ValueError when its key is none."""
    keyring = settings.keyring()

    @asynccontextmanager
    async def resources(kit: Kit) -> AsyncIterator[None]:
        kit.provide(keyring)
        yield

    return create_app(
        settings,
        title="Paet approval",
        routers=[api.router],
        consumers=consumers,
        check=check_section,
        gauges={"paet_decisions_waiting": Gauge(queries.count_waiting, "Decisions that wait for an approver")},
        claims={"decisions": Claimed(queries.decisions_of, frozenset({"payment", "issuance", "delivery"}))},
        resources=resources,
    )


def app() -> FastAPI:
    """The application with the settings of its environment (``uvicorn --factory``)."""
    return build(Settings())
