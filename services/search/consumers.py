"""Events that search reacts to. Nothing is handed over to it: it is a gate, passed before a journey begins."""

from kit.claims import SECTION
from kit.contracts.events import DefinitionPublished
from kit.worker import on
from services.search import commands

REACTIONS = (on(DefinitionPublished, commands.enter, needs=(SECTION,)),)
