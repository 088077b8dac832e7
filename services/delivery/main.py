"""Delivery, process 8: wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from kit.app import Kit, create_app
from services.delivery import api, consumers, domain, duework
from services.delivery.channels.email import Email
from services.delivery.settings import Settings


def build(settings: Settings) -> FastAPI:
    """The service with these settings."""

    @asynccontextmanager
    async def resources(kit: Kit) -> AsyncIterator[None]:
        kit.provide(Email(settings))
        yield

    return create_app(
        settings,
        title="Paet delivery",
        routers=[api.router],
        consumers=consumers,
        work=duework.WORK,
        check=domain.check_section,
        resources=resources,
    )


def app() -> FastAPI:
    """The service with the settings of its environment."""
    return build(Settings())
