"""To be fetched at a counter: nothing leaves. The person shows a code, an officer checks the identity and says so."""

import base64
import hashlib
from datetime import timedelta
from uuid import UUID

from kit.contracts.claims import ApplicationClaim
from services.delivery.channels import Message, Taken
from services.delivery.domain.addresses import keyed


class Pickup:
    """Codes of 80 bits, made of the notice and the installation's secret: they lie nowhere, their hash is the key."""

    name = "pickup"
    sleeps = False
    forgets_after: timedelta | None = None

    def __init__(self, *secrets: str) -> None:
        self._secrets = secrets

    def code_of(self, notice: UUID) -> str:
        """What the person will show: four groups of four letters and digits."""
        return _code(self._secrets[0], notice)

    def code_kept(self, notice: UUID, key: str) -> str | None:
        """The code of what lies ready under that key, be it of a former secret."""
        codes = (_code(secret, notice) for secret in self._secrets)
        return next((code for code in codes if hash_of(code) == key), None)

    def key_of(self, notice: UUID) -> str:
        """The hash of the code."""
        return hash_of(self.code_of(notice))

    def address_in(self, application: ApplicationClaim) -> str | None:
        """The counter: for whoever has an inbox, which shows the code, and an identity that can be checked."""
        return "counter" if application.person else None

    async def send(self, message: Message) -> Taken:  # noqa: ARG002 - the inbox shows the code
        """It lies ready."""
        return Taken("ready")


def _code(secret: str, notice: UUID) -> str:
    letters = base64.b32encode(keyed(secret, "pickup", str(notice))[:10]).decode()
    return "-".join(letters[place : place + 4] for place in range(0, 16, 4))


def hash_of(code: str) -> str:
    """The hash of a code as it was typed or scanned: case, blanks and hyphens do not matter."""
    plain = "".join(each for each in code.upper() if each.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
