"""Legal holds: an administrator keeps the records of a journey from being removed, and lets them go again.

Who, when, why and by which law stays in this database; the services hear of a journey and of an id, and nothing else.
"""

from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from gateway.domain import holds as domain
from gateway.domain import tracking
from gateway.models import JourneyHold, JourneyRow
from gateway.queries import holds as queries
from kit import outbox
from kit.auth import Principal
from kit.clock import clock
from kit.contracts.events import JourneyHeld, JourneyReleased
from kit.rows import put


async def place(
    session: AsyncSession, journey: JourneyRow, officer: Principal, reason: str, legal_basis: str, key: str | None
) -> JourneyHold:
    """Hold the records of a journey; the same key again gives the same hold.

    What is wrong with the key: IdempotencyKeyRequired, IdempotencyKeyInvalid, IdempotencyKeyReused.
    """
    checked = tracking.checked_key(key, is_anonymous=False)
    hold = JourneyHold(
        # Random: a number that counted would tell every reader of the bus how many there are.
        hold_id=uuid4(), journey_id=journey.journey_id, reason=reason, legal_basis=legal_basis,
        idempotency=tracking.idempotency_of(f"hold {journey.journey_id} {officer.subject}", checked),
        request_hash=domain.digest_of(reason, legal_basis), placed_at=clock.now(), placed_by=UUID(officer.subject),
    )  # fmt: skip
    if not await put(session, hold, "idempotency"):
        standing = await queries.by_idempotency(session, hold.idempotency)
        if standing.request_hash != hold.request_hash:
            raise tracking.IdempotencyKeyReused()
        return standing
    fact = JourneyHeld(journey=journey.journey_id, hold=hold.hold_id)
    await outbox.add(session, fact, agency=journey.agency, subject=journey.journey_id)
    return hold


async def lift(
    session: AsyncSession, journey: JourneyRow, officer: Principal, hold_id: UUID, reason: str
) -> JourneyHold:
    """Lift a hold; of one that is lifted the first time stands. HoldNotFound."""
    hold = await session.get(JourneyHold, hold_id, with_for_update=True)
    if hold is None or hold.journey_id != journey.journey_id:
        raise domain.HoldNotFound()
    if hold.lifted_at is None:
        hold.lifted_at, hold.lifted_by, hold.lift_reason = clock.now(), UUID(officer.subject), reason
        session.add(hold)
        fact = JourneyReleased(journey=journey.journey_id, hold=hold.hold_id)
        await outbox.add(session, fact, agency=journey.agency, subject=journey.journey_id)
    return hold


async def tell_again(session: AsyncSession) -> None:
    """Tell every hold that stands once more; who knows of it changes nothing, and a release wins whenever it comes."""
    for row in await queries.standing(session):
        fact = JourneyHeld(journey=row["journey_id"], hold=row["hold_id"])
        await outbox.add(session, fact, agency=row["agency"], subject=row["journey_id"])
