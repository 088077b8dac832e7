"""Due work of delivery: what leaves by outside channels, removal of what is past, answers to erasures."""

from kit.duework import AnyWork
from kit.erasing import ERASE, answering
from kit.retention import REMOVE, nightly
from services.delivery import commands
from services.delivery.duework import letters, sending
from services.delivery.duework.sending import ANSWERED, BEGUN, climb

WORK: dict[str, AnyWork] = {
    **sending.WORK,
    **letters.WORK,
    REMOVE: nightly(*commands.REMOVALS),
    ERASE: answering(commands.answer_erasure),
}

__all__ = ["ANSWERED", "BEGUN", "WORK", "climb"]
