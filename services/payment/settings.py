"""Settings of payment: the bank that collects."""

from urllib.parse import urlsplit

from pydantic import SecretStr

from kit import settings


class Settings(settings.Settings):
    """PAET_BANK_*: address and credentials of the collecting bank's interface."""

    service: str = "payment"
    bank_url: str
    bank_api_key: str
    bank_api_secret: SecretStr

    def production_faults(self) -> list[str]:
        """The sandbox bank speaks plain HTTP: it can never be used in production."""
        faults = super().production_faults()
        if urlsplit(self.bank_url).scheme != "https":
            faults.append("bank_url must be https")
        return faults
