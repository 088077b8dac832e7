"""The agencies' seals, each loaded at its first use and kept."""

import asyncio
from pathlib import Path

from kit.clock import clock
from kit.contracts.text import Text
from kit.documents.development import ensure_development_ca
from kit.documents.sealing import Credentials, Seal, SealError


class Seals:
    """A folder of seals: ``<agency>.p12``, or ``<agency>.key.pem`` with ``<agency>.pem``."""

    def __init__(self, folder: Path, environment: str, password: str | None = None) -> None:
        self._folder = folder
        self._environment = environment
        self._password = password.encode() if password else None
        self._loaded: dict[str, Seal] = {}

    async def of(self, agency: str, name: Text) -> Seal:
        """The seal of an agency; SealError when there is none, it cannot be opened, or it does not hold now."""
        if agency not in self._loaded:
            self._loaded[agency] = await asyncio.to_thread(self._load, agency, name)
        seal = self._loaded[agency]
        if not seal.certificate.not_valid_before_utc <= clock.now() <= seal.certificate.not_valid_after_utc:
            del self._loaded[agency]  # so that a renewed one is found
            msg = f"the certificate of the seal of {agency} does not hold now"
            raise SealError(msg)
        return seal

    def _load(self, agency: str, name: Text) -> Seal:
        packed = self._folder / f"{agency}.p12"
        key, certificates = self._folder / f"{agency}.key.pem", self._folder / f"{agency}.pem"
        if packed.exists():
            return Seal(Credentials.from_pkcs12(packed.read_bytes(), self._password))
        if self._environment == "development":
            ensure_development_ca(self._folder, environment=self._environment, agency_code=agency, agency_name=name.th)
        try:
            return Seal(Credentials.from_pem(key.read_bytes(), certificates.read_bytes(), self._password))
        except FileNotFoundError as error:
            msg = f"there is no seal of {agency}"
            raise SealError(msg) from error
