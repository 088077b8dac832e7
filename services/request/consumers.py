"""Events that request reacts to. Nothing is handed over to it: its step is the first of every slip."""

from kit.calendars import on_calendar_changed
from kit.contracts.events import NEGATIVE_ENDS, CalendarChanged, Completed
from kit.worker import on, on_all
from services.request import commands

REACTIONS = (
    *(on_all(fact, commands.end) for fact in NEGATIVE_ENDS),
    on_all(Completed, commands.end),
    on(CalendarChanged, on_calendar_changed),
)
