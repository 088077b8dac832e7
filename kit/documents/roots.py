"""The roots of trust of an installation: one file of PEM certificates, read anew when it has changed."""

from collections.abc import Sequence
from pathlib import Path

from asn1crypto import x509 as asn1_x509  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from kit.documents.keys import SealError


class Roots:
    """Whom the certificates of seals and time-stamps must lead to."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read: tuple[tuple[int, int], Sequence[asn1_x509.Certificate]] | None = None

    def certificates(self) -> Sequence[asn1_x509.Certificate]:
        """The certificates as they stand in the file now. SealError where it cannot be read."""
        try:
            found = self._file.stat()
            version = (found.st_mtime_ns, found.st_size)
            if self._read is None or self._read[0] != version:
                loaded = x509.load_pem_x509_certificates(self._file.read_bytes())
                self._read = version, [asn1_x509.Certificate.load(each.public_bytes(Encoding.DER)) for each in loaded]
        except (OSError, ValueError) as error:
            msg = f"the roots of trust cannot be read: {type(error).__name__}"
            raise SealError(msg) from error
        return self._read[1]
