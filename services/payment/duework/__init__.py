"""Due work of payment: asking the providers, because only their answers are believed; reminders, expiry, removal."""

from kit.duework import AnyWork, InBulk, OneAtATime
from kit.retention import REMOVE
from services.payment.commands import ERASE, UNSTORE
from services.payment.duework.charging import follow
from services.payment.duework.expiring import expire, remind
from services.payment.duework.inquiring import inquire
from services.payment.duework.retaining import erase, remove, unstore
from services.payment.duework.verifying import INQUIRED, verify, verify_all

WORK: dict[str, AnyWork] = {
    "verify": InBulk(verify_all, verify),
    "inquire": inquire,
    "charge": follow,
    "remind": remind,
    "expire": expire,
    REMOVE: remove,
    UNSTORE: unstore,
    ERASE: OneAtATime(erase),
}

__all__ = ["INQUIRED", "WORK"]
