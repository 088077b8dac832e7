"""What is told about a document on its journey, and what is planned for it."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import outbox
from kit.contracts.events import Fact
from services.issuance.models import Document


class Place(BaseModel):
    """Where the journey of a document stands: at the step of the plan, whichever document of it this is."""

    journey_id: UUID
    agency: str
    definition: str
    step: str
    slip: dict[str, Any]


def place_of(document: Document) -> Place:
    """The place of a document on its journey."""
    return Place(
        journey_id=document.journey_id, agency=document.agency, definition=document.definition,
        step=document.plan_step, slip=document.slip,
    )  # fmt: skip


async def tell(session: AsyncSession, document: Document, fact: Fact) -> None:
    """Tell a fact about a document on its journey, also after the journey's end."""
    await outbox.add(session, fact, place_of(document))
