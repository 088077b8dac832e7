"""Due work of issuance: making documents, and removing what wallets left."""

from kit.duework import AnyWork, InBulk
from services.issuance import commands
from services.issuance.duework.certifying import certify
from services.issuance.duework.issuing import issue, issue_all
from services.issuance.duework.tidying import tidy

WORK: dict[str, AnyWork] = {
    commands.WORK: InBulk(issue_all, issue),
    commands.CERTIFY: certify,
    commands.TIDY: tidy,
}

__all__ = ["WORK", "issue"]
