"""Settings of request: where acknowledgements are kept, and the agencies' seals that are put on them."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from kit import settings


class Settings(settings.Settings):
    """What request needs besides the kit's.

    ``seal_dir`` has for every agency ``<agency>.p12``, or ``<agency>.key.pem`` and ``<agency>.pem``, opened with
    ``seal_password`` where they need one. In development both may be left out: seals of a development authority
    are made in the folder ``seals`` beside the files.
    """

    service: str = "request"
    storage_url: str
    seal_dir: Path | None = None
    seal_password: SecretStr | None = None
    phone_countries: tuple[Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}$")], ...] = ("66",)
    """Codes of the countries to which SMS are sent, as JSON: abroad each costs more, and somebody may earn by it."""

    def production_faults(self) -> list[str]:
        """Real seals are never made up."""
        faults = super().production_faults()
        if self.seal_dir is None:
            faults.append("seal_dir is missing")
        return faults

    @property
    def seals(self) -> Path:
        """The folder of the seals."""
        return self.seal_dir or Path(self.storage_url.removeprefix("file://")).parent / "seals"
