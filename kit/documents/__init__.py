"""Documents: composed as PDF/A-3 from templates of others, sealed by an agency, judged. An optional part of the kit."""

from kit.documents.composing import (
    Composer,
    TemplateError,
    TemplateLimitError,
    UnprintableError,
    qr_svg,
)
from kit.documents.development import DevelopmentSeal, ensure_development_ca
from kit.documents.keys import Credentials, SealError, TokenAway
from kit.documents.properties import DocumentProperties
from kit.documents.reference import Reference
from kit.documents.sealing import Seal
from kit.documents.timestamps import TimestampAway, Timestamps
from kit.documents.verifying import SealReport, verify, verify_async

__all__ = [
    "Composer",
    "Credentials",
    "DevelopmentSeal",
    "DocumentProperties",
    "Reference",
    "Seal",
    "SealError",
    "SealReport",
    "TemplateError",
    "TemplateLimitError",
    "TimestampAway",
    "Timestamps",
    "TokenAway",
    "UnprintableError",
    "ensure_development_ca",
    "qr_svg",
    "verify",
    "verify_async",
]
