"""Due work of issuance: making documents."""

from kit.duework import WorkFunction
from services.issuance import commands
from services.issuance.duework.issuing import issue

WORK: dict[str, WorkFunction] = {commands.WORK: issue}

__all__ = ["WORK", "issue"]
