"""Due work of payment: asking the providers, because only their answers are believed; reminders, expiry, removal."""

from kit.duework import AnyWork, InBulk
from kit.erasing import ERASE, answering
from kit.retention import REMOVE, Removal, nightly
from kit.unstoring import UNSTORE, unstore
from services.payment import commands, queries
from services.payment.duework.charging import follow
from services.payment.duework.expiring import expire, remind
from services.payment.duework.inquiring import inquire
from services.payment.duework.verifying import INQUIRED, verify, verify_all

WORK: dict[str, AnyWork] = {
    "verify": InBulk(verify_all, verify),
    "inquire": inquire,
    "charge": follow,
    "remind": remind,
    "expire": expire,
    REMOVE: nightly(
        Removal(queries.retained.past, commands.remove_past),
        Removal(queries.retained.past_lines, commands.remove_lines),
    ),
    UNSTORE: unstore,
    ERASE: answering(commands.answer_erasure),
}

__all__ = ["INQUIRED", "WORK"]
