"""Events in: a hand-over asks for a document; every negative end stops what is not under way; how long it is kept."""

from kit.claims import APPLICATION, ERASURE, SECTION
from kit.contracts.events import ErasureRequested
from kit.retention import HOLDS
from kit.worker import on, on_ends, on_handover
from services.issuance import commands

HANDOVER = on_handover(commands.request_document, needs=(SECTION, APPLICATION))

REACTIONS = (
    *on_ends(commands.stop_documents),
    *HOLDS,
    on(ErasureRequested, commands.plan_erasure, needs=(ERASURE,)),
)
