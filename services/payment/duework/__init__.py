"""Due work of payment: asking the providers, because only their answers are believed; reminders and expiry."""

from kit.duework import AnyWork, InBulk
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
}

__all__ = ["INQUIRED", "WORK"]
