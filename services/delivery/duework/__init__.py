"""Due work of delivery: what leaves by an outside channel."""

from kit.duework import WorkFunction
from services.delivery.duework import letters, sending

WORK: dict[str, WorkFunction] = {**sending.WORK, **letters.WORK}

__all__ = ["WORK"]
