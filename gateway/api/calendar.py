"""HTTP of the working-day calendar."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends

from gateway.commands import calendar as commands
from gateway.schemas import CalendarDay, ProclaimedDay
from kit.auth import Principal, allow
from kit.database import Session

router = APIRouter(tags=["calendar"])

Administrator = Annotated[Principal, Depends(allow("officer:administrator"))]


@router.put("/v1/calendar/{day}")
async def proclaim(session: Session, _administrator: Administrator, day: date, body: CalendarDay) -> ProclaimedDay:
    """Proclaim a day a working day or a holiday, against the standing calendar."""
    await commands.proclaim(session, day, is_workday=body.is_workday)
    return ProclaimedDay(day=day, is_workday=body.is_workday)
