"""Events in: a hand-over to payment bills a fee; every negative end asks what must go back; how long it is kept."""

from kit.calendars import on_calendar_changed
from kit.claims import APPLICATION, SECTION
from kit.contracts.events import CalendarChanged
from kit.erasing import ERASURES
from kit.retention import HOLDS
from kit.worker import on, on_ends, on_handover
from services.payment import commands

HANDOVER = on_handover(commands.open_invoice, needs=(SECTION, APPLICATION))

REACTIONS = (
    *on_ends(commands.close_invoices),
    on(CalendarChanged, on_calendar_changed),
    *HOLDS,
    *ERASURES,
)
