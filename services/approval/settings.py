"""Settings of approval."""

from pydantic import SecretStr

from kit import settings
from services.approval.domain import Keyring


class Settings(settings.Settings):
    """The kit's, and the key under which officers' signing keys are kept: 32 bytes, base64url."""

    service: str = "approval"
    officer_key_encryption_key: SecretStr

    def keyring(self) -> Keyring:
        """The keyring of this installation; ValueError when the key is no 32 bytes."""
        return Keyring(self.officer_key_encryption_key.get_secret_value().strip())
