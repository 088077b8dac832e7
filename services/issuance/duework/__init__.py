"""Due work of issuance: making documents."""

from kit.duework import AnyWork, InBulk
from services.issuance import commands
from services.issuance.duework.certifying import certify
from services.issuance.duework.issuing import issue, issue_all

WORK: dict[str, AnyWork] = {commands.WORK: InBulk(issue_all, issue), commands.CERTIFY: certify}

__all__ = ["WORK", "issue"]
