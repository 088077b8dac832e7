"""Events in: every fact is projected onto its journey's timeline."""

from gateway.commands import timeline
from kit.contracts.events import Fact
from kit.worker import on_all

REACTIONS = (on_all(Fact, timeline.project),)
