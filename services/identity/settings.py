"""Settings of identity: providers of digital identity, keys, lives of tokens."""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from socket import inet_aton
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from kit.contracts.codes import AAL, IAL
from kit.settings import Settings as KitSettings
from services.identity.domain.sealing import Vault

THAID_SCOPES = (
    "openid", "pid", "title", "given_name", "middle_name", "family_name", "name", "name_en",
    "birthdate", "address", "ial",
)  # fmt: skip
"""Of ThaiD's scopes (docs/law.md §4.3 [C]) those that Paet uses, and no others (PDPA s.22)."""


class ProviderSettings(BaseModel):
    """One OpenID Connect provider.

    `ial` is the highest level that is believed; with `ial_claim` the provider tells the level of each person,
    never above `ial`; without, every sign-in has `ial`. That ThaiD gives IAL 2.3 is [C2]; `aal` is [K] for
    every provider, since no claim tells it: whoever configures a provider answers for both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
    issuer: str
    client_id: str
    client_secret: SecretStr | None = None
    scopes: tuple[str, ...] = THAID_SCOPES
    ial: IAL
    ial_claim: str | None = "ial"
    aal: AAL
    method: str = "app"
    algorithms: tuple[str, ...] = ("RS256", "ES256")

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        url = urlsplit(self.issuer)
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
            raise ValueError("issuer must be a URL without query and fragment")
        if "openid" not in self.scopes:
            raise ValueError("scopes must have openid")
        if not self.algorithms or not set(self.algorithms) <= {"RS256", "PS256", "ES256"}:
            raise ValueError("algorithms must be public-key ones: RS256, PS256, ES256")
        return self


class Settings(KitSettings):
    """What identity needs beside the kit's settings."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)  # the input holds secrets

    service: str = "identity"
    providers: tuple[ProviderSettings, ...] = ()
    pid_encryption_key: SecretStr
    """32 bytes as base64url; during a rotation several with spaces between, the new one first."""
    pid_lookup_key: SecretStr
    callback_url: str | None = None
    """Where providers send the browser back; default ``<public_url>/v1/sign-in/callback``."""
    access_token_seconds: Annotated[int, Field(ge=60, le=3600)] = 900
    sign_in_seconds: Annotated[int, Field(ge=30, le=3600)] = 600
    code_seconds: Annotated[int, Field(ge=10, le=600)] = 60
    key_ahead_seconds: Annotated[int, Field(ge=0)] = 900
    """How long a new signing key stands in the JWKS before it signs: longer than anybody caches the set."""

    erasure_days: Annotated[int, Field(ge=1, le=30)] = 30
    """Within which a request for erasure is answered: as for access, PDPA s.30 (docs/law.md §2.5) [D]."""

    @model_validator(mode="after")
    def _secrets_are_there(self) -> Self:
        names = [each.name for each in self.providers]
        if len(set(names)) != len(names):
            raise ValueError("two providers have one name")
        self.providers = tuple(_with_secret(each, self.secrets_dir, os.environ) for each in self.providers)
        self.vault()
        return self

    def production_faults(self) -> list[str]:
        """Refuse providers that no public provider is: plain http, or on this machine (the double)."""
        return super().production_faults() + [
            f"provider {each.name}: the issuer must be https and not on this machine"
            for each in self.providers
            if urlsplit(each.issuer).scheme != "https" or is_own_machine(urlsplit(each.issuer).hostname or "")
        ]

    def vault(self) -> Vault:
        """What seals personal data; ValueError when a key is not 32 bytes of base64url."""
        return Vault(self.pid_encryption_key.get_secret_value(), self.pid_lookup_key.get_secret_value())

    @property
    def callback(self) -> str:
        """The registered redirect URI, the same at every provider."""
        return self.callback_url or f"{self.public_url.rstrip('/')}/v1/sign-in/callback"


def is_own_machine(host: str) -> bool:
    """Tell whether a host name or address, however written, is this machine: loopback, unspecified, link-local."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        try:
            address = ip_address(inet_aton(name))  # 127.1, 0x7f000001, 2130706433
        except OSError:
            return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or mapped.is_unspecified or mapped.is_link_local


def _with_secret(provider: ProviderSettings, folder: Path | None, environment: Mapping[str, str]) -> ProviderSettings:
    """Find the secret in ``provider_<name>_secret`` of the secrets folder, or the environment."""
    if provider.client_secret is not None:
        return provider
    name = f"provider_{provider.name}_secret"
    path = folder / name if folder else None
    if path is not None and path.is_file():
        secret = path.read_text(encoding="utf-8").strip()
    else:
        secret = environment.get(f"PAET_{name.upper()}", "")
    if not secret:
        raise ValueError(f"the secret {name} is missing")
    return provider.model_copy(update={"client_secret": SecretStr(secret)})
