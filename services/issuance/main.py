"""Issuance, process 7: wiring only."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from fastapi import FastAPI

from kit.app import Kit, create_app
from kit.auth import Issuers
from kit.claims import Claimed
from kit.documents import Composer, qr_svg
from kit.documents.archiving import Archive
from kit.documents.roots import Roots
from kit.documents.seals import Seals
from kit.metrics import OwnGauge
from kit.storage import Files
from services.issuance import api, consumers, domain, duework, queries
from services.issuance.duework.composing import verify_url
from services.issuance.settings import Settings

SEAL_ENDS = "When the certificates of an agency's seal end, without a break until then, in seconds since 1970"
SAMPLE_IMAGES = {"qr.svg": qr_svg("https://example.go.th/verify")}


def build(settings: Settings) -> FastAPI:
    """The service with these settings."""
    timestamps = settings.timestamps()
    password = settings.secret_of("seal_password")
    seals = Seals(settings.seals, settings.environment, password, timestamps)
    composer = Composer()  # its sealed process starts at the first document

    @asynccontextmanager
    async def resources(kit: Kit) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            kit.provide(stack.enter_context(composer))
            kit.provide(Files(settings.storage_url))
            kit.provide(seals.made_ready())
            kit.provide(domain.Tokens(settings.token_key))
            kit.provide(Issuers(settings.credential_keys, settings.environment))
            kit.provide(queries.KnownIssuers(kit.database))
            kit.provide(domain.WalletSecrets(settings.wallet_key))
            if timestamps is not None:
                stack.push_async_callback(timestamps.close)
                archive = Archive(timestamps, Roots(settings.roots_file), settings.revocation_lists)
                stack.callback(archive.close)
                kit.provide(archive)
            yield

    claims = queries.document_claims(partial(verify_url, settings.public_url))
    return create_app(
        settings,
        title="Paet issuance",
        routers=[api.router],
        consumers=consumers,
        work=duework.WORK,
        check=partial(domain.check_section, compile_template=partial(composer.faults, images=SAMPLE_IMAGES)),
        claims={
            "documents": Claimed(claims, frozenset({"delivery"})),
            "orders": Claimed(queries.order_claims, frozenset({"delivery"})),
        },
        gauges={"paet_seal_ends": OwnGauge(seals.ends, SEAL_ENDS, "agency")},
        resources=resources,
        larger=api.WHOLE_FILES,
    )


def app() -> FastAPI:
    """The service with the settings of its environment."""
    return build(Settings())
