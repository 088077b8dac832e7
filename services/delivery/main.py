"""Delivery, process 8: wiring only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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


def providers(settings: Settings) -> list[Line | Sms | Post]:
    """The channels of providers that this installation has an agreement with."""
    found: list[Line | Sms | Post] = []
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
    counter = settings.pickup and settings.evidence_key
    return [Email(settings), *([Pickup(_open(counter))] if counter else [])]


def _open(secret: SecretStr) -> str:
    return secret.get_secret_value().strip()


def build(settings: Settings) -> FastAPI:
    """The service with these settings."""

    @asynccontextmanager
    async def resources(kit: Kit) -> AsyncIterator[None]:
        asked = providers(settings)
        kit.provide(settings)
        kit.provide(Channels(*asked, *here(settings)))
        kit.provide(Mailbox(settings))
        yield
        for each in asked:
            await each.provider.close()

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
