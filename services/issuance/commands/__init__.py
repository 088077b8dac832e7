"""Use cases of issuance. Each takes the session and never commits; a document's row is locked while it changes."""

from services.issuance.commands.acting import (
    Proposal,
    confirm,
    end_suspension,
    judge,
    propose,
    reinstate,
    reject,
    renew,
)
from services.issuance.commands.archiving import ARCHIVE, PLAN_ARCHIVE, add_version, plan_archive
from services.issuance.commands.copying import CERTIFY, keep_copy, request_copy
from services.issuance.commands.crediting import collect, credit, defer, note_fate
from services.issuance.commands.erasing import answer_erasure
from services.issuance.commands.expiring import EXPIRY, PLAN, look_at_end, plan
from services.issuance.commands.listing import Listed, listed, sign_list
from services.issuance.commands.numbering import Wanted, give_numbers
from services.issuance.commands.offering import TIDY, Granted, Offered, offer, redeem
from services.issuance.commands.registering import StoredFile, register
from services.issuance.commands.removing import remove_past
from services.issuance.commands.requesting import REISSUE, WORK, fail, request_document, retry, stop, stop_documents
from services.issuance.commands.substituting import Told, ask_substitute, grant_substitute, refuse_substitute
from services.issuance.commands.succeeding import REINSTATE, number_successor, order_successor, replace

__all__ = [
    "ARCHIVE",
    "CERTIFY",
    "EXPIRY",
    "PLAN",
    "PLAN_ARCHIVE",
    "REINSTATE",
    "REISSUE",
    "TIDY",
    "WORK",
    "Granted",
    "Listed",
    "Offered",
    "Proposal",
    "StoredFile",
    "Told",
    "Wanted",
    "add_version",
    "answer_erasure",
    "ask_substitute",
    "collect",
    "confirm",
    "credit",
    "defer",
    "end_suspension",
    "fail",
    "give_numbers",
    "grant_substitute",
    "judge",
    "keep_copy",
    "listed",
    "look_at_end",
    "note_fate",
    "number_successor",
    "offer",
    "order_successor",
    "plan",
    "plan_archive",
    "propose",
    "redeem",
    "refuse_substitute",
    "register",
    "reinstate",
    "reject",
    "remove_past",
    "renew",
    "replace",
    "request_copy",
    "request_document",
    "retry",
    "sign_list",
    "stop",
    "stop_documents",
]
