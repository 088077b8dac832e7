"""Settings of issuance: where documents are kept, the agencies' seals, the key of the verification tokens."""

import hashlib
import hmac
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from kit.documents.settings import TimestampSettings
from kit.retention import RetentionSettings


class Settings(TimestampSettings, RetentionSettings):
    """What issuance needs besides the kit's and the time-stamps.

    ``seal_dir`` has the keys of every agency (``kit.documents.seals``), opened with ``seal_password`` where they need
    one. A document is made to last ``archive_after_hours`` after it was issued, so that a revocation of the seal's
    certificate at that time would have been published; ``revocation_lists`` are addresses of lists (CRL) besides those
    in the certificates; ``archive_renew_days`` before the certificate of its time-stamp ends it gets another one. These
    three are our own design, and so are their values. ``verification_key`` must stay the same
    for as long as printed QR codes are to work. In development both may be left out: seals of a development
    authority are made in the folder ``seals`` beside the files, the key follows from the service's own. The display
    for premises shows each side for ``display_seconds``, no less than 5 (announcements under EGOV65 s.13(1)).

    ``credential_key_dir`` has the keys that sign credentials for wallets, ``<agency>.key.pem`` and beside it
    ``<agency>.pem`` (``kit/auth/issuers.py``); an agency without one issues none. In development they are made in the
    folder ``credential-keys`` beside the files. Whoever verifies a credential need not fetch its status list again for
    ``status_list_seconds``.
    """

    service: str = "issuance"
    storage_url: str
    seal_dir: Path | None = None
    seal_password: SecretStr | None = None
    archive_after_hours: Annotated[int, Field(ge=0)] = 24
    archive_renew_days: Annotated[int, Field(ge=1)] = 90
    revocation_lists: list[str] = Field(default_factory=list)
    verification_key: SecretStr | None = None
    display_seconds: Annotated[int, Field(ge=5)] = 5
    credential_key_dir: Path | None = None
    status_list_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60

    def production_faults(self) -> list[str]:
        """Real seals are never made up, and tokens on paper outlive the service's key."""
        faults = super().production_faults()
        if self.seal_dir is None or not _has_seals(self.seal_dir):
            faults.append("seal_dir must be a folder with the seals of the agencies")
        else:
            faults += self.timestamp_faults()
        if self.verification_key is None or len(self.verification_key.get_secret_value()) < 32:
            faults.append("verification_key must have 32 characters or more")
        return faults

    @property
    def seals(self) -> Path:
        """The folder of the seals."""
        if self.seal_dir is None and not self.storage_url.startswith("file://"):
            raise ValueError("seal_dir is needed where the files do not lie in a folder")
        return self.seal_dir or Path(self.storage_url.removeprefix("file://")).parent / "seals"

    @property
    def credential_keys(self) -> Path | None:
        """The folder of the keys that sign credentials; None where there is none."""
        is_made_up = self.environment == "development" and self.storage_url.startswith("file://")
        if self.credential_key_dir is None and is_made_up:
            return Path(self.storage_url.removeprefix("file://")).parent / "credential-keys"
        return self.credential_key_dir

    @property
    def wallet_key(self) -> bytes:
        """The key of nonces and transaction codes: they outlive no rotation, nor need they."""
        return hmac.digest(self.token_key, b"wallet secrets", hashlib.sha256)

    @property
    def archive_after(self) -> timedelta | None:
        """How long after it was issued a document is made to last; None without an authority for time-stamps."""
        if self.timestamp_url is None or self.timestamp_policy == "none":
            return None
        return timedelta(hours=self.archive_after_hours)

    @property
    def token_key(self) -> bytes:
        """The key that verification tokens are checked with."""
        if self.verification_key is not None:
            return self.verification_key.get_secret_value().encode()
        return hmac.digest(self.service_key_file.read_bytes(), b"verification tokens", hashlib.sha256)


def _has_seals(folder: Path) -> bool:
    return any(any(folder.glob(each)) for each in ("*.p12", "*.key.pem", "*.pkcs11.toml"))
