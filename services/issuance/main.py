"""Issuance, process 7: wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from kit.app import Kit, create_app
from kit.auth import Issuers
from kit.claims import Claimed
from kit.documents import Composer, qr_svg
from kit.documents.seals import Seals
from kit.storage import Files
from services.issuance import api, consumers, domain, duework, queries
from services.issuance.duework.composing import verify_url
from services.issuance.settings import Settings

SAMPLE_IMAGES = {"qr.svg": qr_svg("https://example.go.th/verify")}


def build(settings: Settings) -> FastAPI:
    """The service with these settings."""
    composer = Composer()  # its sealed process starts at the first document

    @asynccontextmanager
    async def resources(kit: Kit) -> AsyncIterator[None]:
        with composer:
            kit.provide(composer)
            kit.provide(Files(settings.storage_url))
            kit.provide(Seals(settings.seals, settings.environment, settings.secret_of("seal_password")))
            kit.provide(domain.Tokens(settings.token_key))
            kit.provide(Issuers(settings.credential_keys, settings.environment))
            kit.provide(domain.WalletSecrets(settings.wallet_key))
            yield

    claims = queries.document_claims(partial(verify_url, settings.public_url))
    return create_app(
        settings,
        title="Paet issuance",
        routers=[api.router],
        consumers=consumers,
        work=duework.WORK,
        check=partial(domain.check_section, compile_template=partial(composer.faults, images=SAMPLE_IMAGES)),
        claims={"documents": Claimed(claims, frozenset({"delivery"}))},
        resources=resources,
    )


def app() -> FastAPI:
    """The service with the settings of its environment."""
    return build(Settings())
