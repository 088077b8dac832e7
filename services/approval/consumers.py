"""Events in: a reviewed case opens a decision; the end of a journey closes it; holidays move deadlines."""

from kit.claims import CASE, SECTION
from kit.contracts.events import CalendarChanged
from kit.worker import on, on_ends, on_handover
from services.approval import commands

HANDOVER = on_handover(commands.open_decision, needs=(SECTION, CASE, commands.KEYRING))
REACTIONS = (*on_ends(commands.close_decision), on(CalendarChanged, commands.change_calendar))
