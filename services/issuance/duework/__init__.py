"""Due work of issuance: making documents and making them last, what time does to them, removing what is past."""

from datetime import timedelta

from kit.duework import AnyWork, InBulk, OneAtATime, Recurring
from kit.erasing import ERASE, answering
from kit.retention import REMOVE, Removal, nightly
from kit.unstoring import UNSTORE, unstore
from services.issuance import commands, queries
from services.issuance.duework.archiving import archive, plan_archives
from services.issuance.duework.certifying import certify
from services.issuance.duework.issuing import issue, issue_all
from services.issuance.duework.lasting import expire, plan_expiry, reinstate
from services.issuance.duework.reissuing import reissue
from services.issuance.duework.tidying import tidy

WORK: dict[str, AnyWork] = {
    commands.WORK: InBulk(issue_all, issue),
    commands.REISSUE: reissue,
    commands.REINSTATE: reinstate,
    commands.EXPIRY: expire,
    commands.PLAN: plan_expiry,
    commands.CERTIFY: certify,
    commands.TIDY: tidy,
    commands.ARCHIVE: OneAtATime(archive),
    REMOVE: nightly(Removal(queries.retained.past, commands.remove_past)),
    UNSTORE: unstore,
    ERASE: answering(commands.answer_erasure),
    commands.PLAN_ARCHIVE: Recurring(plan_archives, timedelta(days=1)),
}

__all__ = ["WORK", "archive", "issue", "plan_archives", "reissue"]
