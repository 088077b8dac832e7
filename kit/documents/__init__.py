"""Documents: composed as PDF/A-3 from templates of others, sealed by an agency, judged. An optional part of the kit.

What rewrites, seals and judges a PDF needs libraries (PDF, CMS, XML) of some 12 MiB, and payment and request make their
documents when somebody asks for one, which may be never. So these names are looked up late (PEP 562): the thread that
first needs one loads it, in 0.15 s, while the event loop goes on. Who imports such a name at the top of a module has it
from the start, as issuance does. Within the kit they are therefore said as ``documents.Seal`` where they are used.
"""

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from kit.documents.rewriting import with_properties
    from kit.documents.sealing import Seal
    from kit.documents.timestamps import TimestampAway, Timestamps
    from kit.documents.verifying import SealReport, verify, verify_async
else:
    from importlib import import_module

    LATE = {
        "with_properties": "rewriting",
        "Seal": "sealing",
        "TimestampAway": "timestamps",
        "Timestamps": "timestamps",
        "SealReport": "verifying",
        "verify": "verifying",
        "verify_async": "verifying",
    }

    def __getattr__(name: str) -> object:
        """Load what has that name, if it is one of those above."""
        if name not in LATE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{LATE[name]}"), name)


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
    "with_properties",
]
