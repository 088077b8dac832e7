"""Receipts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from kit.auth import Principal, allow
from kit.database import Reading
from services.payment import queries
from services.payment.schemas import (
    ReceiptView,
)

router = APIRouter(tags=["payment"])

Owner = Annotated[Principal, Depends(allow("citizen", "holder"))]


@router.get("/journeys/{journey_id}/receipts")
async def receipts(owner: Owner, session: Reading, journey_id: UUID) -> list[ReceiptView]:
    """List the receipts of a journey, oldest first."""
    return [ReceiptView.of(each) for each in await queries.receipts_of_journey(session, journey_id, owner)]
