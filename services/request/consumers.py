"""Events that request reacts to. Nothing is handed over to it: its step is the first of every slip."""

from kit.calendars import on_calendar_changed
from kit.contracts.events import CalendarChanged, Completed
from kit.worker import on, on_ends
from services.request import commands

REACTIONS = (
    *on_ends(commands.end),
    on(Completed, commands.end),
    on(CalendarChanged, on_calendar_changed),
)
