"""Starting journeys."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from gateway.domain import tracking
from gateway.models import JourneyRow
from gateway.queries import definitions, journeys
from kit import duework
from kit.auth import Principal, require_levels
from kit.clients import PeerRefused, Peers, PeerUnavailable
from kit.clock import clock
from kit.contracts.definition import Definition, IdentityStep
from kit.contracts.text import Language
from kit.errors import Unauthenticated
from kit.rows import fetch
from kit.telemetry import log

OPEN_APPLICATION = "open_application"
# The names of columns are the code's own.
INSERT = f"""
    INSERT INTO journey ({", ".join(JourneyRow._fields)})
    VALUES ({", ".join(f"${place}" for place, _ in enumerate(JourneyRow._fields, 1))})
    ON CONFLICT (idempotency) DO NOTHING RETURNING journey_id
"""  # noqa: S608


@dataclass(frozen=True)
class Wish:
    """Which journey is to be started; ``key`` is the Idempotency-Key."""

    definition: str
    language: Language
    key: str | None

    @property
    def digest(self) -> bytes:
        """SHA-256 of what is wanted."""
        return hashlib.sha256(json.dumps([self.definition, self.language]).encode()).digest()


@dataclass(frozen=True)
class Started:
    """A journey; the secret only where nobody owns it."""

    journey: JourneyRow
    secret: str | None


async def start(
    session: AsyncSession,
    versions: definitions.Versions,
    wish: Wish,
    principal: Principal | None,
    resume_after: timedelta,
) -> Started:
    """Pass the gates and write the journey; the same key from the same principal gives the same journey.

    Raises DefinitionNotFound, DefinitionSuperseded, Unauthenticated, StepUpRequired, and what is wrong with
    the key.
    """
    key = tracking.checked_key(wish.key, is_anonymous=principal is None)
    idempotency = tracking.idempotency_of(f"citizen:{principal.subject}" if principal else "anonymous", key)
    journey, latest = await journeys.repeated_or_latest(session, idempotency, wish.definition.partition("@")[0])
    if journey is None:
        definition = await definitions.resolve(session, versions, wish.definition, latest)
        _pass_gates(definition, principal)
        journey = await _write(session, _row(definition, wish, principal, idempotency, key), resume_after)
    if journey.request_hash != wish.digest:
        raise tracking.IdempotencyKeyReused()
    return Started(journey, None if journey.person else tracking.secret_for(key, journey.journey_id))


async def _write(session: AsyncSession, row: JourneyRow, resume_after: timedelta) -> JourneyRow:
    """Write the row and plan to complete what might be interrupted now; where a repeat was faster, give its row."""
    if not await fetch(session, INSERT, *row):
        standing = await journeys.by_idempotency(session, row.idempotency)
        assert standing is not None  # noqa: S101 - it kept this one from being written
        return standing
    due_at = clock.now() + resume_after
    await duework.add(session, OPEN_APPLICATION, row.journey_id, due_at=due_at, journey=row.journey_id)
    return row


def _pass_gates(definition: Definition, principal: Principal | None) -> None:
    for step in definition.plan:
        if isinstance(step, IdentityStep):
            if principal is None:
                raise Unauthenticated()
            require_levels(principal, step.ial, step.aal)


def _row(definition: Definition, wish: Wish, principal: Principal | None, idempotency: bytes, key: str) -> JourneyRow:
    identifier = uuid7()
    secret = None if principal else tracking.secret_for(key, identifier)
    return JourneyRow(
        journey_id=identifier,
        definition=definition.ref,
        agency=definition.agency,
        person=UUID(principal.subject) if principal else None,
        tracking_number=tracking.new_tracking_number() if secret else None,
        secret_hash=tracking.hash_of(secret) if secret else None,
        language=wish.language,
        idempotency=idempotency,
        request_hash=wish.digest,
        started_at=clock.now(),
    )


async def ask_request(peers: Peers, journey: JourneyRow) -> None:
    """Have request open the application, idempotently; PeerUnavailable when that cannot be done now."""
    body = {
        "journey_id": str(journey.journey_id),
        "definition": journey.definition,
        "person": str(journey.person) if journey.person else None,
        "language": journey.language,
    }
    try:
        await peers.post("request", "/internal/journeys", json=body)
    except PeerRefused as refused:
        # A refusal between services is no answer for a citizen.
        log.error("application not opened", status=refused.status, code=refused.code)
        raise PeerUnavailable(retry_after=5) from refused


async def record_opened(session: AsyncSession, journey: JourneyRow) -> JourneyRow:
    """Remember since when the application stands: nothing is left to resume."""
    opened_at = clock.now()
    await fetch(session, "UPDATE journey SET opened_at = $2 WHERE journey_id = $1", journey.journey_id, opened_at)
    return journey._replace(opened_at=opened_at)
