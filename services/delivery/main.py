"""Delivery, process 8: wiring only."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from pydantic import SecretStr

from kit.app import Kit, create_app
from kit.metrics import Gauge
from services.delivery import api, consumers, domain, duework, queries
from services.delivery.channels import Channel, Channels
from services.delivery.channels.email import Email
from services.delivery.channels.line import Line
from services.delivery.channels.pickup import Pickup
from services.delivery.channels.post import Post
from services.delivery.channels.saraban import Mailbox
from services.delivery.channels.sms import Sms
from services.delivery.settings import Settings

Provided = Line | Sms | Post
"""A channel of a provider."""


def providers(settings: Settings) -> list[Provided]:
    """The channels of providers that this installation has an agreement with."""
    found: list[Provided] = []
    if settings.line_token and settings.line_secret:
        found.append(Line(settings.line_url, _open(settings.line_token), _open(settings.line_secret)))
    if settings.sms_url and settings.sms_token and settings.sms_report_secret:
        token, secret = _open(settings.sms_token), _open(settings.sms_report_secret)
        found.append(Sms(settings.sms_url, token, secret, settings.sms_sender))
    if settings.post_url and settings.post_token and settings.post_report_secret:
        token, secret = _open(settings.post_token), _open(settings.post_report_secret)
        found.append(Post(settings.post_url, token, secret, settings.post_service))
    return found


def here(settings: Settings) -> list[Channel]:
    """The agency's own channels: its mail server, its counter."""
    secrets = [_open(each) for each in (settings.evidence_key, settings.evidence_key_before) if each]
    return [Email(settings), *([Pickup(*secrets)] if settings.pickup and settings.evidence_key else [])]


def _open(secret: SecretStr) -> str:
    return secret.get_secret_value().strip()


@asynccontextmanager
async def opened(*asked: Provided) -> AsyncIterator[tuple[Provided, ...]]:
    """These channels, each closed in the end, whatever ends it and whatever the others do."""
    async with AsyncExitStack() as stack:
        for each in asked:
            stack.push_async_callback(each.provider.close)
        yield asked


def build(settings: Settings) -> FastAPI:
    """The service with these settings."""

    @asynccontextmanager
    async def resources(kit: Kit) -> AsyncIterator[None]:
        kit.provide(settings)
        kit.provide(Mailbox(settings))
        async with opened(*providers(settings)) as asked:
            kit.provide(Channels(*asked, *here(settings)))
            yield

    return create_app(
        settings,
        title="Paet delivery",
        routers=[api.router],
        consumers=consumers,
        work=duework.WORK,
        check=domain.check_section,
        gauges={
            "paet_dispatches_waiting": Gauge(
                queries.count_waiting, "Notices that a channel has not taken yet", "channel"
            ),
            "paet_dispatches_troubled": Gauge(queries.count_troubled, "Of them those tried more than once", "channel"),
            "paet_dispatches_failed": Gauge(
                queries.count_failed, "Notices that a channel refused or sent back in the last day", "channel"
            ),
        },
        resources=resources,
    )


def app() -> FastAPI:
    """The service with the settings of its environment."""
    return build(Settings())
