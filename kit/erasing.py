"""A person wants their data erased: every service answers for its own records, as due work, once.

The answer is told in the transaction of what it erases. That it was given is a row of the table ``erasure``, whoever
asks again and however often the fact comes.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Column, DateTime, MetaData, Table, Uuid
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework, outbox
from kit.claims import ERASURE, Known
from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.events import ErasureAnswered, ErasureRequested
from kit.duekinds import OneAtATime
from kit.rows import fetch
from kit.worker import on

if TYPE_CHECKING:
    from kit.app import Kit

ERASE = "erase"
"""Due work: an erasure is answered. All records of a person are read for it, which the bus does not wait for."""
Answer = Callable[[AsyncSession, Any, UUID, UUID], Awaitable[ErasureAnswered]]
"""Session, settings of the process, erasure, person → the fact. Erases what neither class nor hold nor use keeps."""
NOTE = "INSERT INTO erasure (id, answered_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id"


def erasure_table(metadata: MetaData) -> Table:
    """The table ``erasure`` of a service, in its own metadata: what was answered and when, not whose it was."""
    return Table(
        "erasure",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("answered_at", DateTime(timezone=True), nullable=False),
    )


async def plan_erasure(session: AsyncSession, event: Event, known: Known) -> None:
    """Plan the answer to an erasure: what nothing keeps is erased, what stays is told with reason and last day."""
    await duework.add(session, ERASE, event.data.erasure, payload={"person": str(known[ERASURE].person)})


ERASURES = (on(ErasureRequested, plan_erasure, needs=(ERASURE,)),)
"""For the ``REACTIONS`` of a service that answers erasures; its ``WORK`` has ``ERASE: answering(…)``."""


def answering(answer: Answer) -> OneAtATime:
    """The due work that answers an erasure; one that was answered is done with."""

    async def erase(kit: "Kit", key: str, payload: Mapping[str, Any]) -> None:
        erasure, person = UUID(key), UUID(payload["person"])
        async with kit.database.transaction() as session:
            # Whoever answers the same one in this moment is waited for here.
            if await fetch(session, NOTE, erasure, clock.now()):
                await outbox.add(session, await answer(session, kit.settings, erasure, person), subject=erasure)

    return OneAtATime(erase)
