from collections import Counter

from sqlalchemy import text

from kit import duework, outbox
from kit.claims import APPLICATION, SECTION
from kit.contracts.events import Recommended
from kit.errors import Conflict
from kit.worker import on_ends, on_handover
from tests.kit.toy.models import Tally

FAULTS: dict = {}
"""Journey → exception, or a list of exceptions raised one after the other."""

SEEN: Counter = Counter()


class Refused(Conflict):
    pass


async def count(session, event, known):
    """Counts a hand-over, or fails as the test wishes."""
    SEEN[event.journey] += 1
    assert known[SECTION].definition == event.definition
    assert known[APPLICATION].journey == event.journey
    fault = FAULTS.get(event.journey)
    if isinstance(fault, list):
        fault = fault.pop(0) if fault else None
    if fault is not None:
        raise fault
    transaction = (await session.execute(text("SELECT pg_current_xact_id()::text::int"))).scalar_one()
    row = Tally(**event.arrival(), transaction=transaction)
    session.add(row)
    await session.flush()
    await outbox.hand_over(session, row, Recommended)
    await duework.add(session, "chore", row.journey_id, journey=row.journey_id)


async def ended(session, event, known):
    SEEN["ended"] += 1


HANDOVER = on_handover(count, needs=(SECTION, APPLICATION))
REACTIONS = on_ends(ended)
