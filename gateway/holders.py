"""Anonymous journeys: ``Authorization: Journey <tracking number>.<secret>`` is checked here and nowhere else."""

import hmac

from gateway.domain import tracking
from gateway.queries import journeys
from kit.auth import Authenticator, Principal, TokenRefused
from kit.database import Database

_NOBODY = bytes(32)


class HolderAuthenticator(Authenticator):
    """Judges the Journey scheme by the stored hash, and leaves every other scheme to the kit."""

    def __init__(self, others: Authenticator, database: Database) -> None:
        self._others = others
        self._database = database

    async def authenticate(self, authorization: str) -> Principal:
        """Return who asks; TokenRefused without a word on whether the number or the secret was wrong."""
        scheme, _, credentials = authorization.partition(" ")
        if scheme.lower() != tracking.SCHEME:
            return await self._others.authenticate(authorization)
        read = tracking.read_credentials(credentials)
        if read is None:
            raise TokenRefused("journey credentials")
        number, secret = read
        async with self._database.reading() as session:
            journey = await journeys.by_tracking_number(session, number)
        expected = journey.secret_hash if journey is not None else None
        # Compared also where there is no journey, so that the time of the answer tells nothing.
        is_right = hmac.compare_digest(tracking.hash_of(secret), expected or _NOBODY)
        if journey is None or not is_right:
            raise TokenRefused("journey credentials")
        return Principal(kind="holder", subject=str(journey.journey_id))
