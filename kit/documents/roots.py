"""The roots of trust of an installation: one file of PEM certificates, read anew when it has changed."""

from collections.abc import Sequence
from pathlib import Path

from asn1crypto import x509 as asn1_x509  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from kit.telemetry import log


class RootsAway(OSError):
    """The roots of trust could never be read since this process began. Tried again later."""


class Roots:
    """Whom the certificates of seals and time-stamps must lead to; a set that was read counts until the next one is."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read: tuple[tuple[int, int], Sequence[asn1_x509.Certificate]] | None = None
        self._fault: str | None = None

    def certificates(self) -> Sequence[asn1_x509.Certificate]:
        """The certificates as they stand in the file, the last ones read where it cannot be read now. RootsAway."""
        try:
            found = self._file.stat()
            version = (found.st_mtime_ns, found.st_size)
            if self._read is None or self._read[0] != version:
                loaded = x509.load_pem_x509_certificates(self._file.read_bytes())
                self._read = version, [asn1_x509.Certificate.load(each.public_bytes(Encoding.DER)) for each in loaded]
            self._fault = None
        except (OSError, ValueError) as error:
            fault = f"the roots of trust cannot be read: {type(error).__name__}"
            if fault != self._fault:
                log.error("roots of trust not read", reason=fault, keeps_the_last=self._read is not None)
                self._fault = fault
            if self._read is None:
                raise RootsAway(fault) from error
        return self._read[1]
