"""Events in: every fact is projected onto its journey's timeline."""

from gateway.commands import timeline
from kit.contracts.events import Fact
from kit.worker import on

REACTIONS = (on(Fact, timeline.project),)
