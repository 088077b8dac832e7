"""Due work of delivery: what leaves by an outside channel."""

from kit.duework import WorkFunction
from services.delivery.duework import letters, sending
from services.delivery.duework.sending import ANSWERED, BEGUN, climb

WORK: dict[str, WorkFunction] = {**sending.WORK, **letters.WORK}

__all__ = ["ANSWERED", "BEGUN", "WORK", "climb"]
