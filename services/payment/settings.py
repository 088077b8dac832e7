"""Settings of payment: the bank that collects, where receipts are kept, the agencies' seals."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from kit import settings


class Settings(settings.Settings):
    """PAET_BANK_*: address and credentials of the collecting bank's interface.

    ``seal_dir`` has for every agency ``<agency>.p12``, or ``<agency>.key.pem`` and ``<agency>.pem``, opened with
    ``seal_password`` where they need one. In development both may be left out: seals of a development authority
    are made in the folder ``seals`` beside the files.
    """

    service: str = "payment"
    bank_url: str
    bank_api_key: str
    bank_api_secret: SecretStr
    storage_url: str
    seal_dir: Path | None = None
    seal_password: SecretStr | None = None

    def production_faults(self) -> list[str]:
        """The sandbox bank speaks plain HTTP: it can never be used in production. Real seals are never made up."""
        faults = super().production_faults()
        if urlsplit(self.bank_url).scheme != "https":
            faults.append("bank_url must be https")
        if self.seal_dir is None:
            faults.append("seal_dir is missing")
        return faults

    @property
    def seals(self) -> Path:
        """The folder of the seals."""
        return self.seal_dir or Path(self.storage_url.removeprefix("file://")).parent / "seals"
