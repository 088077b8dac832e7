"""Tables of issuance, by concern."""

from kit.erasing import erasure_table
from kit.retention import hold_table
from services.issuance.models.acts import DocumentAct, Substitute
from services.issuance.models.base import Base
from services.issuance.models.copies import CertifiedCopy
from services.issuance.models.credentials import (
    Credential,
    CredentialGrant,
    CredentialOffer,
    SpentNonce,
    StatusChange,
    StatusList,
)
from services.issuance.models.documents import ArchivedFile, Document, Number, Series

METADATA = Base.metadata
# By which the kinds of an agency are found for its wallets: no other service asks for sections but by their names.
METADATA.info["indexes_of_plumbing"] = [("section_agency", "section", "(body ->> 'agency')")]
LEGAL_HOLD = hold_table(METADATA)
"""Journeys whose records are kept, whatever their class."""
ERASURE = erasure_table(METADATA)
"""Erasures that were answered."""

__all__ = [
    "ERASURE",
    "LEGAL_HOLD",
    "METADATA",
    "ArchivedFile",
    "CertifiedCopy",
    "Credential",
    "CredentialGrant",
    "CredentialOffer",
    "Document",
    "DocumentAct",
    "Number",
    "Series",
    "SpentNonce",
    "StatusChange",
    "StatusList",
    "Substitute",
]
