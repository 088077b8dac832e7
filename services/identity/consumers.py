"""Events in: what the other services answered to an erasure."""

from kit.contracts.events import ERASURE_ANSWERS
from kit.worker import on
from services.identity import commands

REACTIONS = tuple(on(fact, commands.take_answer) for fact in ERASURE_ANSWERS)
