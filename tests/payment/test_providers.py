"""How the bank is reached: directly, or by the proxy that the environment names."""

import pytest
from pydantic import SecretStr

from kit.clock import clock, local_date
from services.payment.providers.scb import Scb
from services.payment.settings import Settings

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture
async def asked(bank, monkeypatch):
    """Ask a bank that no name leads to, where the environment names the sandbox bank as a proxy."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    async def ask(**environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value.format(bank=str(bank.http.base_url).rstrip("/")))
        secret = SecretStr("secret")
        scb = Scb(Settings.model_construct(bank_url="http://bank.invalid", bank_api_key="key", bank_api_secret=secret))
        try:
            return await scb.inquire("010753600031501", "REF", local_date(clock.now()))
        finally:
            await scb.close()

    return ask


@pytest.mark.parametrize(
    "environment",
    [
        {"HTTP_PROXY": "{bank}"}, {"ALL_PROXY": "{bank}"}, {"all_proxy": "{bank}"},
        {"HTTP_PROXY": "{bank}", "ALL_PROXY": "http://127.0.0.1:9"},
    ],
)  # fmt: skip
async def test_the_proxy_of_the_scheme_or_else_of_all_leads_to_the_bank(asked, environment):
    assert await asked(**environment) == []


@pytest.mark.parametrize(
    "environment", [{}, {"HTTPS_PROXY": "{bank}"}, {"ALL_PROXY": "{bank}", "NO_PROXY": ".invalid"}]
)
async def test_no_proxy_that_is_meant_for_others_is_taken(asked, environment):
    with pytest.raises(ConnectionError):
        await asked(**environment)
