"""Settings of request: where acknowledgements are kept, and the agencies' seals that are put on them."""

from pathlib import Path

from pydantic import SecretStr

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
