"""Which channels an installation has, and what keeps it from starting in production."""

from contextlib import suppress

import pytest
from pydantic import ValidationError

from kit.testing.opening import environment_of
from services.delivery.main import here, opened, providers
from services.delivery.settings import Settings

GOOD = {
    "environment": "production", "public_url": "https://paet.example.go.th", "smtp_from": "no-reply@example.go.th",
    "evidence_key": "k" * 43,
}  # fmt: skip
ALL = GOOD | {
    "line_token": "t", "line_secret": "s", "sms_url": "https://sms.example", "sms_token": "t", "sms_report_secret": "s",
    "post_url": "https://post.example", "post_token": "t", "post_report_secret": "s", "pickup": True,
}  # fmt: skip


@pytest.fixture
def settings(servers, tmp_path):
    common = environment_of("delivery", servers, "none", tmp_path)
    del common["environment"], common["public_url"]
    return lambda **own: Settings(**(common | own))


@pytest.mark.req("D1", part="each channel is off until it is configured")
def test_an_installation_has_the_channels_that_it_names(settings):
    assert [each.name for each in (*providers(settings(**GOOD)), *here(settings(**GOOD)))] == ["email"]
    every = [each.name for each in (*providers(settings(**ALL)), *here(settings(**ALL)))]
    assert every == ["line", "sms", "post", "email", "pickup"]


@pytest.mark.parametrize(
    "change",
    [
        {"smtp_tls": False}, {"smtp_from": "x@localhost"}, {"line_url": "http://api.line.me"},
        {"sms_url": "http://sms.example"}, {"post_url": "http://post.example"}, {"line_secret": None},
        {"sms_report_secret": None}, {"post_token": None}, {"evidence_key": None},
    ],
)  # fmt: skip
def test_a_channel_that_is_open_to_all_or_half_there_keeps_production_from_starting(settings, change):
    with pytest.raises(ValidationError) as refused:
        settings(**(ALL | change))
    assert next(iter(change)) in str(refused.value)


async def test_every_provider_is_closed_whatever_breaks():
    closed = []

    class Channel:
        def __init__(self):
            self.provider = self

        async def close(self):
            closed.append(self)
            raise ConnectionError

    with suppress(ConnectionError):
        async with opened(Channel(), Channel()):
            raise ConnectionError
    assert len(closed) == 2
