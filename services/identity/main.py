"""Identity, process 2: wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI

from kit.app import Kit, create_app
from kit.claims import Claimed
from kit.metrics import Gauge
from services.identity import api, consumers, domain, queries
from services.identity.commands import Mint, SigningKeys
from services.identity.providers import OidcProvider, Providers
from services.identity.settings import Settings


def build(settings: Settings) -> FastAPI:
    """The service with these settings."""
    vault = settings.vault()
    keys = SigningKeys(vault)
    providers = Providers(OidcProvider(each, settings.callback) for each in settings.providers)

    @asynccontextmanager
    async def resources(_kit: Kit) -> AsyncIterator[None]:
        yield
        await providers.close()

    app = create_app(
        settings,
        title="Paet identity",
        routers=[api.router],
        check=partial(domain.check_section, reaches=[each.reach for each in providers]),
        consumers=consumers,
        gauges={"paet_erasures_late": Gauge(queries.count_late_erasures, "Erasures not answered by their day")},
        claims={
            "persons": Claimed(queries.persons(vault), queries.CALLERS, queries.view_of_person),
            "erasures": Claimed(queries.erasure_claims, queries.ERASING),
        },
        resources=resources,
    )
    kit: Kit = app.state.kit
    for resource in (vault, keys, providers, Mint(keys, settings.issuer, settings.access_token_seconds)):
        kit.provide(resource)

    async def own_keys() -> dict[str, Any]:
        async with kit.database.transaction() as session:
            return (await keys.jwks(session)).as_dict()

    kit.use_jwks(own_keys)
    return app


def app() -> FastAPI:
    """The service with the settings of its environment."""
    return build(Settings())
