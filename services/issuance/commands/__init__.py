"""Use cases of issuance. Each takes the session and never commits; a document's row is locked while it changes."""

from services.issuance.commands.numbering import Wanted, give_numbers
from services.issuance.commands.registering import StoredFile, register
from services.issuance.commands.requesting import WORK, fail, request_document, retry, stop, stop_documents

__all__ = [
    "WORK",
    "StoredFile",
    "Wanted",
    "fail",
    "give_numbers",
    "register",
    "request_document",
    "retry",
    "stop",
    "stop_documents",
]
