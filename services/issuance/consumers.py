"""Events in: a hand-over asks for a document; every negative end stops what is not under way; how long it is kept."""

from kit.claims import APPLICATION, SECTION
from kit.erasing import ERASURES
from kit.retention import HOLDS
from kit.worker import on_ends, on_handover
from services.issuance import commands

HANDOVER = on_handover(commands.request_document, needs=(SECTION, APPLICATION))

REACTIONS = (
    *on_ends(commands.stop_documents),
    *HOLDS,
    *ERASURES,
)
