"""Due work of delivery: what leaves by an outside channel, and the daily removal of what is past."""

from kit.duework import WorkFunction
from kit.retention import REMOVE, daily
from services.delivery import commands
from services.delivery.duework import letters, sending
from services.delivery.duework.sending import ANSWERED, BEGUN, climb

WORK: dict[str, WorkFunction] = {**sending.WORK, **letters.WORK, REMOVE: daily(*commands.REMOVALS)}

__all__ = ["ANSWERED", "BEGUN", "WORK", "climb"]
