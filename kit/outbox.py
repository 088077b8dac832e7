"""Telling a fact: the event row is written in the same transaction as the state that it is about."""

from typing import Any, Protocol
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import telemetry
from kit.cloudevents import Event, Position, compose
from kit.contracts.events import Fact, HandOver
from kit.contracts.journey import Outcome, Slip
from kit.database import defer
from kit.rows import fetch

INSERT = """
    INSERT INTO outbox (id, address, body) SELECT id, address, body
    FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS told (id, address, body, place)
    ORDER BY place
"""
"""In the order told, which is the order in which they are published."""


class OnJourney(Protocol):
    """A row that keeps where its journey stands: the columns of ``Event.arrival``."""

    journey_id: UUID
    agency: str
    definition: str
    step: str
    slip: dict[str, Any]


def position_of(row: OnJourney) -> Position:
    """The position that a row keeps."""
    return Position(
        journey_id=row.journey_id,
        agency=row.agency,
        definition=row.definition,
        step=row.step,
        slip=Slip.model_validate(row.slip),
    )


async def add(
    session: AsyncSession,
    fact: Fact,
    row: OnJourney | None = None,
    *,
    agency: str = "platform",
    subject: UUID | str | None = None,
) -> Event:
    """Tell a fact, about the journey of the row, or of no journey with the agency and subject given.

    The row is written at the end of the transaction, with all others that it tells.
    """
    position = position_of(row) if row is not None else None
    event = compose(
        fact,
        position=position,
        agency=agency,
        subject=subject,
        causation=telemetry.causation.get(),
        traceparent=telemetry.traceparent_for(position.journey_id if position else None),
    )
    defer(session, "outbox", _write, event)
    return event


async def _write(session: AsyncSession, events: list[Event]) -> bool:
    rows = [(event.id, event.address, event.to_json().decode()) for event in events]
    await fetch(session, INSERT, *map(list, zip(*rows, strict=True)))
    return True


async def hand_over(
    session: AsyncSession, row: OnJourney, fact: type[HandOver], outcome: Outcome = Outcome.PASSED
) -> Event:
    """End the step of the row: the event names the process and step that go on."""
    slip = Slip.model_validate(row.slip)
    return await add(session, fact(slip=slip, outcome=outcome), row)
