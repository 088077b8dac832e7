"""Due work of delivery: what leaves by an outside channel, and the nightly removal of what is past."""

from kit.duework import AnyWork
from kit.retention import REMOVE, nightly
from services.delivery import commands
from services.delivery.duework import letters, sending
from services.delivery.duework.sending import ANSWERED, BEGUN, climb

WORK: dict[str, AnyWork] = {**sending.WORK, **letters.WORK, REMOVE: nightly(*commands.REMOVALS)}

__all__ = ["ANSWERED", "BEGUN", "WORK", "climb"]
