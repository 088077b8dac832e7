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

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def code_of(self, notice: UUID) -> str:
        """What the person shows: four groups of four letters and digits."""
        letters = base64.b32encode(keyed(self._secret, "pickup", str(notice))[:10]).decode()
        return "-".join(letters[place : place + 4] for place in range(0, 16, 4))

    def key_of(self, notice: UUID) -> str:
        """The hash of the code."""
        return hash_of(self.code_of(notice))

    def address_in(self, application: ApplicationClaim) -> str | None:  # noqa: ARG002 - nobody needs an address
        """The counter, whoever comes."""
        return "counter"

    async def send(self, message: Message) -> Taken:  # noqa: ARG002 - the inbox shows the code
        """It lies ready."""
        return Taken("ready")


def hash_of(code: str) -> str:
    """The hash of a code as it was typed or scanned: case, blanks and hyphens do not matter."""
    plain = "".join(each for each in code.upper() if each.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
