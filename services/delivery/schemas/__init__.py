"""Bodies of delivery's questions and answers."""

from services.delivery.schemas.channels import Collection, CounterView, Heard, PickupCode, PickupView
from services.delivery.schemas.evidence import EvidenceView, FullEvidence
from services.delivery.schemas.inbox import Inbox, NoticeView
from services.delivery.schemas.letters import Acknowledgement, LetterRegister, LetterSummary, LetterView, NewLetter
from services.delivery.schemas.templates import (
    NewTemplate,
    Preview,
    TemplateHistory,
    TemplateView,
    TemplateWords,
    Withdrawal,
    history_of,
)

__all__ = [
    "Acknowledgement",
    "Collection",
    "CounterView",
    "EvidenceView",
    "FullEvidence",
    "Heard",
    "Inbox",
    "LetterRegister",
    "LetterSummary",
    "LetterView",
    "NewLetter",
    "NewTemplate",
    "NoticeView",
    "PickupCode",
    "PickupView",
    "Preview",
    "TemplateHistory",
    "TemplateView",
    "TemplateWords",
    "Withdrawal",
    "history_of",
]
