"""Events that request reacts to. Nothing is handed over to it: its step is the first of every slip."""

from kit.claims import DEFECT
from kit.contracts.events import NEGATIVE_ENDS, CalendarChanged, Completed, DefectRecorded
from kit.worker import on, on_all
from services.request import commands

REACTIONS = (
    *(on_all(fact, commands.end) for fact in NEGATIVE_ENDS),
    on_all(Completed, commands.end),
    on(DefectRecorded, commands.record_defects, needs=(DEFECT,)),
    on(CalendarChanged, commands.change_calendar),
)
