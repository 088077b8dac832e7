"""What identity refuses to start with."""

import pytest
from pydantic import ValidationError

from services.identity.settings import Settings, is_own_machine
from tests.identity.conftest import key

SECRET = "a-secret-nobody-may-see"


def settings(tmp_path, **change):
    thaid = {
        "name": "thaid",
        "issuer": "https://imauth.bora.dopa.go.th",
        "client_id": "paet",
        "ial": "2.3",
        "aal": "2.2",
    }
    provider = thaid | change.pop("provider", {})
    return Settings(**{
        "environment": "production", "database_url": "postgresql+asyncpg://x", "nats_url": "nats://x",
        "nats_user": "identity", "nats_password": SECRET, "peers": {}, "trust_dir": tmp_path,
        "service_key_file": tmp_path / "k", "public_url": "https://paet.example.go.th",
        "pid_encryption_key": key(), "pid_lookup_key": key(),
        "providers": [{"client_secret": SECRET} | provider],
    } | change)  # fmt: skip


@pytest.mark.req("I1", part="the double cannot be enabled in production")
@pytest.mark.parametrize(
    "issuer",
    [
        "http://imauth.bora.dopa.go.th", "http://127.0.0.1:8011", "https://127.0.0.1:8011", "https://localhost",
        "https://thaid.localhost.", "https://[::1]:8011", "https://[::ffff:127.0.0.1]", "https://0.0.0.0", "https://127.1",
        "https://2130706433", "https://0x7f000001", "https://169.254.1.1",
    ],
)  # fmt: skip
def test_production_refuses_an_issuer_in_the_clear_or_on_this_machine(tmp_path, issuer):
    with pytest.raises(ValidationError, match="issuer must be https and not on this machine"):
        settings(tmp_path, provider={"issuer": issuer})
    settings(tmp_path, provider={"issuer": issuer}, environment="development")


def test_production_accepts_thaid_as_documented(tmp_path):
    made = settings(tmp_path)
    assert made.callback == "https://paet.example.go.th/v1/sign-in/callback"
    assert not is_own_machine("imauthsbx.bora.dopa.go.th")
    assert not is_own_machine("10.0.0.7")


@pytest.mark.req("Y6", part="a provider without its secret")
def test_a_provider_s_secret_comes_from_its_file_or_the_environment_or_nothing_starts(tmp_path, monkeypatch):
    without = {"client_secret": None}
    with pytest.raises(ValidationError, match="provider_thaid_secret is missing"):
        settings(tmp_path, provider=without)
    (tmp_path / "provider_thaid_secret").write_text("from-the-file\n")
    made = settings(tmp_path, provider=without, secrets_dir=tmp_path)
    assert made.providers[0].client_secret.get_secret_value() == "from-the-file"
    monkeypatch.setenv("PAET_PROVIDER_THAID_SECRET", "from-the-environment")
    made = settings(tmp_path, provider=without)
    assert made.providers[0].client_secret.get_secret_value() == "from-the-environment"


@pytest.mark.parametrize(
    "provider",
    [
        {"issuer": "ftp://x"}, {"issuer": "https://x?y=1"}, {"scopes": ["pid"]}, {"algorithms": ["HS256"]},
        {"algorithms": ["none"]}, {"algorithms": []}, {"ial": "4"}, {"aal": "2"}, {"name": "Thai D"}, {"colour": "red"},
    ],
)  # fmt: skip
def test_a_provider_that_makes_no_sense_is_refused_without_quoting_secrets(tmp_path, provider):
    with pytest.raises(ValidationError) as refused:
        settings(tmp_path, provider=provider)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("name", ["pid_encryption_key", "pid_lookup_key"])
@pytest.mark.req("Y6", part="no key, no start")
def test_keys_must_be_there_and_whole(tmp_path, name):
    with pytest.raises(ValidationError, match="32 bytes"):
        settings(tmp_path, **{name: "too-short"})
    with pytest.raises(ValidationError, match=name):
        settings(tmp_path, **{name: None})


def test_two_providers_of_one_name_are_refused(tmp_path):
    one = {"name": "a", "issuer": "https://a.example", "client_id": "c", "client_secret": "s", "ial": "2.3", "aal": "1"}
    with pytest.raises(ValidationError, match="two providers"):
        settings(tmp_path, providers=[one, one])
