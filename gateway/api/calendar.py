"""HTTP of the working-day calendar."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends

from gateway.commands import calendar as commands
from gateway.schemas import CalendarDay, ProclaimedDay
from kit.auth import Principal, allow
from kit.contracts.text import Text
from kit.database import Session
from kit.errors import Forbidden

router = APIRouter(tags=["calendar"])


class PlatformOnly(Forbidden):
    """The calendar counts for every agency: no single one changes it."""

    code = "platform-only"
    title = Text(th="เฉพาะผู้ดูแลแพลตฟอร์มเท่านั้น", en="Only the platform's administrators may do this")


Administrator = Annotated[Principal, Depends(allow("officer:administrator"))]


@router.put("/v1/calendar/{day}")
async def proclaim(administrator: Administrator, session: Session, day: date, body: CalendarDay) -> ProclaimedDay:
    """Proclaim a day a working day or a holiday, against the standing calendar.

    The calendar is everybody's: only the platform's own administrators change it.
    """
    if administrator.agency != "platform":
        raise PlatformOnly()
    await commands.proclaim(session, day, is_workday=body.is_workday)
    return ProclaimedDay(day=day, is_workday=body.is_workday)
