"""Settings of payment: the bank that collects, the gateway of cards, where receipts are kept, the agencies' seals."""

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from kit.contracts.codes import AgencyCode
from kit.contracts.definition import ReceiptIssuer
from kit.retention import RetentionSettings

CARD = ("card_url", "card_secret_key", "card_webhook_secret")
LEAST_SECRET = 24
"""Characters of the webhook's secret: anyone may send a webhook, and only the secret keeps hearsay out."""


class Settings(RetentionSettings):
    """PAET_BANK_*: the collecting bank's interface. PAET_CARD_*: the gateway of cards, which is off without them.

    ``seal_dir`` has for every agency ``<agency>.p12``, or ``<agency>.key.pem`` and ``<agency>.pem``, opened with
    ``seal_password`` where they need one. In development both may be left out: seals of a development authority
    are made in the folder ``seals`` beside the files. ``receipt_issuers`` is by agency what its receipts say of it
    where the definition of a service says nothing.
    """

    service: str = "payment"
    bank_url: str
    bank_api_key: str
    bank_api_secret: SecretStr
    storage_url: str
    seal_dir: Path | None = None
    seal_password: SecretStr | None = None
    card_url: str | None = None
    card_secret_key: SecretStr | None = None
    card_webhook_secret: SecretStr | None = None
    receipt_issuers: dict[AgencyCode, ReceiptIssuer] = Field(default_factory=dict)

    @property
    def takes_cards(self) -> bool:
        """Whether a gateway of cards is configured."""
        return bool(self.card_url)

    @model_validator(mode="after")
    def _cards_wholly_or_not_at_all(self) -> Self:
        missing = [name for name in CARD if not self.secret_of(name)]
        if self.takes_cards and missing:
            msg = f"{', '.join(missing)} must be set with card_url"
            raise ValueError(msg)
        return self

    def production_faults(self) -> list[str]:
        """The sandbox bank and its cards speak plain HTTP: never used in production. Seals are never made up."""
        faults = super().production_faults()
        if urlsplit(self.bank_url).scheme != "https":
            faults.append("bank_url must be https")
        if self.takes_cards:
            if urlsplit(self.card_url or "").scheme != "https":
                faults.append("card_url must be https")
            if len(self.secret_of("card_webhook_secret") or "") < LEAST_SECRET:
                faults.append("card_webhook_secret is too short")
        if self.seal_dir is None:
            faults.append("seal_dir is missing")
        return faults

    @property
    def seals(self) -> Path:
        """The folder of the seals."""
        return self.seal_dir or Path(self.storage_url.removeprefix("file://")).parent / "seals"
