"""The declaration of one government service: what an agency writes in ``definition.yaml``.

Pure models: the gateway checks the shape, each service checks the meaning of its own section. Every
legal value carries its source and a mark of confidence, so that nobody takes a default for law.
"""

from kit.contracts.definition.base import Appeal, Duration, FileName, Model, Periods, Satang, Source
from kit.contracts.definition.bundle import (
    READERS_OF_THE_FORM,
    Bundle,
    Definition,
    Fault,
    Section,
    files_of,
    section_for,
)
from kit.contracts.definition.fees import (
    Charge,
    Exemption,
    Fee,
    FeeBand,
    FixedFee,
    LateFee,
    PercentFee,
    RangeFee,
    TradeRate,
    TradesFee,
    UnitFee,
)
from kit.contracts.definition.life import Life, Renewal, Substitute, Suspension
from kit.contracts.definition.manual import Channel, Contact, Manual, ManualDocument, ManualFee, ManualStep
from kit.contracts.definition.plan import plan_faults
from kit.contracts.definition.steps import (
    ApprovalStep,
    AutomaticApproval,
    DeliveryStep,
    IdentityStep,
    IssuanceStep,
    PaymentStep,
    PlanStep,
    RequestStep,
    ReviewStep,
    SearchStep,
    StepBase,
    Validity,
)

__all__ = [
    "READERS_OF_THE_FORM",
    "Appeal",
    "ApprovalStep",
    "AutomaticApproval",
    "Bundle",
    "Channel",
    "Charge",
    "Contact",
    "Definition",
    "DeliveryStep",
    "Duration",
    "Exemption",
    "Fault",
    "Fee",
    "FeeBand",
    "FileName",
    "FixedFee",
    "IdentityStep",
    "IssuanceStep",
    "LateFee",
    "Life",
    "Manual",
    "ManualDocument",
    "ManualFee",
    "ManualStep",
    "Model",
    "PaymentStep",
    "PercentFee",
    "Periods",
    "PlanStep",
    "RangeFee",
    "Renewal",
    "RequestStep",
    "ReviewStep",
    "Satang",
    "SearchStep",
    "Section",
    "Source",
    "StepBase",
    "Substitute",
    "Suspension",
    "TradeRate",
    "TradesFee",
    "UnitFee",
    "Validity",
    "files_of",
    "plan_faults",
    "section_for",
]
