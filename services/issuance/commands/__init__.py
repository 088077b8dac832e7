"""Use cases of issuance. Each takes the session and never commits; a document's row is locked while it changes."""

from services.issuance.commands.copying import CERTIFY, keep_copy, request_copy
from services.issuance.commands.crediting import collect, credit, defer, note_fate
from services.issuance.commands.listing import Listed, listed, sign_list
from services.issuance.commands.numbering import Wanted, give_numbers
from services.issuance.commands.offering import TIDY, Granted, Offered, offer, redeem
from services.issuance.commands.registering import StoredFile, register
from services.issuance.commands.requesting import WORK, fail, request_document, retry, stop, stop_documents

__all__ = [
    "CERTIFY",
    "TIDY",
    "WORK",
    "Granted",
    "Listed",
    "Offered",
    "StoredFile",
    "Wanted",
    "collect",
    "credit",
    "defer",
    "fail",
    "give_numbers",
    "keep_copy",
    "listed",
    "note_fate",
    "offer",
    "redeem",
    "register",
    "request_copy",
    "request_document",
    "retry",
    "sign_list",
    "stop",
    "stop_documents",
]
