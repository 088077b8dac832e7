"""Settings of a process, from the environment or from secret files; nothing secret has a default.

Outside development a process refuses to start when a secret is missing or a development-only
setting is present (requirement Y6).
"""

from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

Environment = Literal["development", "production"]
ACK_WAIT = 30.0
"""Seconds that the bus waits for an acknowledgement before it delivers again."""
DEVELOPMENT_ONLY = ("clock_offset_file", "trace_file", "crash_file")


class Settings(BaseSettings):
    """What every service needs. Each service subclasses it with its own name and its own settings."""

    model_config = SettingsConfigDict(
        env_prefix="PAET_",
        extra="ignore",
        secrets_dir=None,
        hide_input_in_errors=True,  # the input holds secrets
    )

    service: str
    environment: Environment = "production"
    role: Literal["api", "worker", "all"] = "all"

    database_url: SecretStr
    database_pool: int = 14
    nats_url: str
    nats_user: str
    nats_password: SecretStr
    nats_replicas: int = 1
    ack_wait_seconds: float = Field(default=ACK_WAIT, ge=1.0)
    """Taken when the consumer is made."""
    nats_operator_user: str | None = None
    nats_operator_password: SecretStr | None = None

    peers: dict[str, str]
    trust_dir: Path
    service_key_file: Path
    issuer: str = "urn:paet:identity"
    public_url: str
    storage_url: str | None = None

    max_body_bytes: int = 1_048_576
    log_level: str = "INFO"
    otlp_endpoint: str | None = None
    """Base address of an OTLP collector over HTTP; traces and metrics go below it."""
    metrics_seconds: float = 15.0
    """Between two readings of the figures of the queues."""

    clock_offset_file: Path | None = None
    trace_file: Path | None = None
    crash_file: Path | None = None

    secrets_dir: Path | None = Field(default=None, description="folder of files named like settings")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the files of ``PAET_SECRETS_DIR``; never a .env file."""
        folder = env_settings().get("secrets_dir") or init_settings().get("secrets_dir")
        if folder is None:
            return init_settings, env_settings
        files = SecretsSettingsSource(settings_cls, secrets_dir=Path(folder), env_prefix="")
        return init_settings, env_settings, files

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if self.environment == "production":
            faults = [f"{name} is for development only" for name in self.development_only() if self._has(name)]
            faults += self.production_faults()
            if faults:
                raise ValueError("; ".join(faults))
        return self

    def _has(self, name: str) -> bool:
        return getattr(self, name) is not None

    def development_only(self) -> tuple[str, ...]:
        """Names of settings that must be absent in production; services add their own."""
        return DEVELOPMENT_ONLY

    def production_faults(self) -> list[str]:
        """What else keeps this process from starting in production; services add their own."""
        if urlsplit(self.public_url).scheme != "https":
            return ["public_url must be https"]
        return []

    def secret_of(self, name: str) -> Any:
        """The plain value of a secret setting."""
        value = getattr(self, name)
        return value.get_secret_value() if isinstance(value, SecretStr) else value
