"""Bodies about certified copies, and what a file is."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from services.issuance.domain import CopyState, Status
from services.issuance.models import CertifiedCopy
from services.issuance.schemas.documents import VerificationView


class CopyView(BaseModel):
    """A certified copy; ``status`` is what the document was worth on the day it was certified."""

    id: UUID
    copy_number: int
    document: UUID
    state: CopyState
    status: Status
    certified_on: date
    original_sha256: str
    file_name: str | None
    sha256: str | None

    @classmethod
    def of(cls, copy: CertifiedCopy) -> "CopyView":
        """From its row."""
        shown = copy.model_dump(include=set(cls.model_fields))
        return cls(**shown, copy_number=copy.running, document=copy.document_id)


class FileCheck(BaseModel):
    """Whether a file is, to the last byte, one that was issued; and which.

    ``certified_copy`` is set where the file is one: what it shows is as of its day, ``verification`` as of now.
    """

    genuine: bool
    sha256: str
    certified_copy: CopyView | None = None
    verification: VerificationView | None
