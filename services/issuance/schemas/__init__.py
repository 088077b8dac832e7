"""Bodies of issuance's questions and answers, by concern."""

from services.issuance.schemas.acts import (
    ActView,
    Corrections,
    LicenceView,
    ProposalPage,
    ProposalView,
    ProposedAct,
    Reasons,
    Rejection,
    SubstitutePage,
    SubstituteView,
    WantedSubstitute,
)
from services.issuance.schemas.copies import CopyView, FileCheck
from services.issuance.schemas.documents import (
    DocumentView,
    RegisterEntry,
    RegisterPage,
    UnfinishedDocument,
    VerificationView,
)
from services.issuance.schemas.wallets import CredentialOfferView

__all__ = [
    "ActView",
    "CopyView",
    "Corrections",
    "CredentialOfferView",
    "DocumentView",
    "FileCheck",
    "LicenceView",
    "ProposalPage",
    "ProposalView",
    "ProposedAct",
    "Reasons",
    "RegisterEntry",
    "RegisterPage",
    "Rejection",
    "SubstitutePage",
    "SubstituteView",
    "UnfinishedDocument",
    "VerificationView",
    "WantedSubstitute",
]
