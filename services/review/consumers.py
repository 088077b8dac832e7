"""Events in: a submitted application opens a case; ends, decisions and the calendar act on open ones."""

from kit.claims import APPLICATION, SECTION
from kit.contracts.events import CalendarChanged, Granted
from kit.worker import on, on_all, on_ends, on_handover
from services.review import commands

HANDOVER = on_handover(commands.open_case, needs=(SECTION, APPLICATION))
REACTIONS = (
    *on_ends(commands.close_case),
    on_all(Granted, commands.stop_clocks),
    on(CalendarChanged, commands.change_calendar),
)
