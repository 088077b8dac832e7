"""Due work of issuance: making documents."""

from kit.duework import WorkFunction
from services.issuance import commands
from services.issuance.duework.issuing import issue
from services.issuance.duework.seals import Seals

WORK: dict[str, WorkFunction] = {commands.WORK: issue}

__all__ = ["WORK", "Seals", "issue"]
