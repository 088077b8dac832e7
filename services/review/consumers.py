"""Events in: an application opens a case, its correction lets it go on; ends, decisions, the calendar act on it."""

from kit.claims import APPLICATION, CORRECTION, SECTION
from kit.contracts.events import CalendarChanged, Corrected, Granted
from kit.worker import on, on_all, on_ends, on_handover
from services.review import commands

HANDOVER = on_handover(commands.open_case, needs=(SECTION, APPLICATION))
REACTIONS = (
    *on_ends(commands.close_case),
    on(Corrected, commands.take_correction, needs=(SECTION, APPLICATION, CORRECTION)),
    on_all(Granted, commands.stop_clocks),
    on(CalendarChanged, commands.change_calendar),
)
