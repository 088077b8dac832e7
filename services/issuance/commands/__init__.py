"""Use cases of issuance. Each takes the session and never commits; a document's row is locked while it changes."""

from services.issuance.commands.copying import CERTIFY, keep_copy, request_copy
from services.issuance.commands.numbering import Wanted, give_numbers
from services.issuance.commands.registering import StoredFile, register
from services.issuance.commands.requesting import WORK, fail, request_document, retry, stop, stop_documents

__all__ = [
    "CERTIFY",
    "WORK",
    "StoredFile",
    "Wanted",
    "fail",
    "give_numbers",
    "keep_copy",
    "register",
    "request_copy",
    "request_document",
    "retry",
    "stop",
    "stop_documents",
]
