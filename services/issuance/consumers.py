"""Events in: a hand-over to issuance asks for a document; every negative end stops what is not under way yet."""

from kit.claims import APPLICATION, SECTION
from kit.worker import on_ends, on_handover
from services.issuance import commands

HANDOVER = on_handover(commands.request_document, needs=(SECTION, APPLICATION))

REACTIONS = (*on_ends(commands.stop_documents),)
