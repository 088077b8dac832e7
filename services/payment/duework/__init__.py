"""Due work of payment: asking the providers, because only their answers are believed."""

from kit.duework import AnyWork, InBulk
from services.payment.duework.charging import follow
from services.payment.duework.inquiring import inquire
from services.payment.duework.verifying import INQUIRED, verify, verify_all

WORK: dict[str, AnyWork] = {"verify": InBulk(verify_all, verify), "inquire": inquire, "charge": follow}

__all__ = ["INQUIRED", "WORK"]
