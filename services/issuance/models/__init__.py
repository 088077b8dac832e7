"""Tables of issuance, by concern."""

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
from services.issuance.models.erasures import LEGAL_HOLD, Erasure

METADATA = Base.metadata
# By which the kinds of an agency are found for its wallets: no other service asks for sections but by their names.
METADATA.info["indexes_of_plumbing"] = [("section_agency", "section", "(body ->> 'agency')")]

__all__ = [
    "LEGAL_HOLD",
    "METADATA",
    "ArchivedFile",
    "CertifiedCopy",
    "Credential",
    "CredentialGrant",
    "CredentialOffer",
    "Document",
    "DocumentAct",
    "Erasure",
    "Number",
    "Series",
    "SpentNonce",
    "StatusChange",
    "StatusList",
    "Substitute",
]
