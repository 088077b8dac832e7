"""Payment, process 6: wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from kit.app import Kit, create_app
from kit.claims import Claimed
from kit.documents import Composer
from kit.documents.seals import Seals
from kit.metrics import Gauge
from kit.storage import Files
from services.payment import api, consumers, domain, duework, providers, queries
from services.payment.settings import Settings


def build(settings: Settings) -> FastAPI:
    """The service with these settings."""

    @asynccontextmanager
    async def resources(kit: Kit) -> AsyncIterator[None]:
        with Composer() as composer:
            kit.provide(composer)
            kit.provide(settings)
            kit.provide(Files(settings.storage_url))
            seals = Seals(settings.seals, settings.environment, settings.secret_of("seal_password"))
            kit.provide(seals.made_ready())
            async with providers.opened(kit, settings):
                yield

    return create_app(
        settings,
        title="Paet payment",
        routers=[api.router],
        consumers=consumers,
        work=duework.WORK,
        check=domain.check_section,
        gauges={
            "paet_invoices_open": Gauge(queries.count_open, "Invoices neither paid nor void"),
            "paet_invoices_overdue": Gauge(queries.count_overdue, "Open invoices past their due date"),
        },
        claims={"receipts": Claimed(queries.receipt_claims, frozenset({"issuance", "delivery"}))},
        resources=resources,
    )


def app() -> FastAPI:
    """The service with the settings of its environment."""
    return build(Settings())
