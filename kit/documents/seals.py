"""The agencies' seals: several keys for each, the newest that holds now; loaded once, and again when a file changes."""

import asyncio
import re
import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cryptography import x509

from kit import documents
from kit.clock import clock
from kit.contracts.text import Text
from kit.documents.development import ensure_development_ca, ensure_development_root
from kit.documents.keys import Credentials, SealError, TokenAway
from kit.telemetry import log

if TYPE_CHECKING:
    from kit.documents import Seal, Timestamps

LOOK_SECONDS = 5.0
"""So long after a look into the folder a new file may be unseen."""
_NAME = re.compile(r"(?P<agency>[0-9]{8})(?:\.[A-Za-z0-9_-]+)?\.(?P<kind>p12|key\.pem|pkcs11\.toml)")
_BESIDE = {"p12": ".pass", "key.pem": ".pem", "pkcs11.toml": ".pem"}
Version = tuple[tuple[str, int, int], ...]


class Seals:
    """A folder of seals: for every agency one key or several, each under a label of its own or one without.

    ``<agency>[.<label>].p12`` (opened with ``….pass`` beside, else the password of all), ``….key.pem`` with ``….pem``,
    or ``….pkcs11.toml`` (``Credentials.from_token``). ``timestamps`` make the seals B-T.
    """

    def __init__(
        self, folder: Path, environment: str, password: str | None = None, timestamps: "Timestamps | None" = None
    ) -> None:
        self._folder = folder
        self._environment = environment
        self._password = password.encode() if password else None
        self._timestamps = timestamps
        self._loaded: dict[Path, tuple[Version, Seal | SealError]] = {}
        self._of: dict[str, tuple[float, Seal]] = {}

    def made_ready(self) -> Self:
        """The same, when a service starts: in development the authority is made that leads to all else."""
        if self._environment == "development" and not self._files(""):
            ensure_development_root(self._folder, environment=self._environment)
        return self

    def check(self) -> None:
        """Raise TimestampAway where a time-stamp is required and known not to be had: nothing can be sealed now."""
        if self._timestamps is not None:
            self._timestamps.check()

    async def of(self, agency: str, name: Text) -> "Seal":
        """The seal of an agency, of all its keys the one whose certificate began last and holds now.

        SealError when there is none, and why.
        """
        looked_at, seal = self._of.get(agency, (0.0, None))
        if seal is None or time.monotonic() >= looked_at + LOOK_SECONDS or not _holds(seal.certificate, clock.now()):
            seal = await asyncio.to_thread(self._newest, agency, name)
            self._of[agency] = time.monotonic(), seal
        return seal

    async def ends(self) -> Mapping[str, float]:
        """Until when each agency can seal without a break, in seconds since 1970: for the metrics."""
        return await asyncio.to_thread(self._ends)

    def _ends(self) -> dict[str, float]:
        agencies = sorted({found["agency"] for path in self._files("") if (found := _NAME.fullmatch(path.name))})
        certificates = {agency: [seal.certificate for seal in self._usable(agency)[0]] for agency in agencies}
        return {agency: held_until(mine, clock.now()) for agency, mine in certificates.items()}

    def _newest(self, agency: str, name: Text) -> "Seal":
        # A key alone is one that another process is just making the certificate of.
        made = [path for path in self._files(agency) if path.name != f"{agency}.key.pem"]
        if self._environment == "development" and not made:
            ensure_development_ca(self._folder, environment=self._environment, agency_code=agency, agency_name=name.th)
        seals, faults = self._usable(agency)
        now = clock.now()
        if holding := [seal for seal in seals if _holds(seal.certificate, now)]:
            return max(holding, key=lambda seal: seal.certificate.not_valid_before_utc)
        faults += [_why(seal.certificate, now) for seal in seals]
        msg = f"no key of the seal of {agency} can be used now ({'; '.join(faults)}): put a new one beside it"
        raise SealError(msg if faults else f"there is no seal of {agency}")

    def _usable(self, agency: str) -> tuple["list[Seal]", list[str]]:
        """The seals of an agency that can be loaded, and what is wrong with the others."""
        found = [self._seal(path) for path in self._files(agency)]
        return [each for each in found if not isinstance(each, SealError)], [
            str(each) for each in found if isinstance(each, SealError)
        ]

    def _files(self, agency: str) -> Sequence[Path]:
        """The files of keys in the folder, of an agency or of all."""
        paths = self._folder.iterdir() if self._folder.is_dir() else ()
        return sorted(path for path in paths if path.name.startswith(agency) and _NAME.fullmatch(path.name))

    def _seal(self, path: Path) -> "Seal | SealError":
        version = self._version(path)
        known = self._loaded.get(path)
        if known is None or known[0] != version:
            try:
                loaded: Seal | SealError = documents.Seal(tried(self._credentials(path)), self._timestamps)
            except SealError as error:
                log.warning("a key of a seal cannot be used", file=path.name, reason=str(error))
                loaded = SealError(f"{path.name}: {error}")
            known = self._loaded[path] = version, loaded
        return known[1]

    def _credentials(self, path: Path) -> Credentials:
        beside = _beside(path)
        try:
            if path.name.endswith(".pkcs11.toml"):
                return Credentials.from_token(path)
            if path.name.endswith(".p12"):
                password = beside.read_bytes().strip() if beside.exists() else self._password
                return Credentials.from_pkcs12(path.read_bytes(), password)
            return Credentials.from_pem(path.read_bytes(), beside.read_bytes(), self._password)
        except OSError as error:
            msg = f"a file is missing or cannot be read: {type(error).__name__}"
            raise SealError(msg) from error

    @staticmethod
    def _version(path: Path) -> Version:
        """What tells whether a key was changed: its files, that with the PIN of a token too, with times and sizes."""
        files = [(each, each.stat()) for each in (path, _beside(path), *_pins(path)) if each.exists()]
        return tuple((each.name, found.st_mtime_ns, found.st_size) for each, found in files)


def tried(credentials: Credentials) -> Credentials:
    """The same, once a key in a token has signed: SealError where it never will, before a document relies on it."""
    with suppress(TokenAway):
        credentials.try_out()
    return credentials


def held_until(certificates: Iterable[x509.Certificate], at: datetime) -> float:
    """Until when one of these certificates holds at any time from now on; the last end of all where none holds now."""
    periods = sorted((each.not_valid_before_utc, each.not_valid_after_utc) for each in certificates)
    until = at
    for begins, ends in periods:
        if begins <= until:
            until = max(until, ends)
    if until == at:
        return max((ends.timestamp() for _, ends in periods if ends <= at), default=0.0)
    return until.timestamp()


def _beside(path: Path) -> Path:
    kind = _NAME.fullmatch(path.name)["kind"]  # type: ignore[index]
    return path.with_name(path.name.removesuffix(f".{kind}") + _BESIDE[kind])


def _pins(path: Path) -> list[Path]:
    """Where the PIN of a described token lies; a description that is none says so when it is loaded."""
    if not path.name.endswith(".pkcs11.toml"):
        return []
    with suppress(OSError, ValueError, KeyError, TypeError):
        return [path.parent / tomllib.loads(path.read_text(encoding="utf-8"))["pin_file"]]
    return []


def _holds(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _why(certificate: x509.Certificate, at: datetime) -> str:
    if certificate.not_valid_after_utc < at:
        return f"a certificate ended on {certificate.not_valid_after_utc:%Y-%m-%d}"
    return f"a certificate begins on {certificate.not_valid_before_utc:%Y-%m-%d}"
