"""What is kept of keeping: legal holds, and the erasures that were answered."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from kit.retention import hold_table
from services.issuance.models.base import Base, moment


class Erasure(Base, table=True):
    """An erasure that was answered, so that it is answered once. Whose it was is not kept."""

    id: UUID = Field(primary_key=True)
    answered_at: datetime = Field(sa_column=moment())


LEGAL_HOLD = hold_table(Base.metadata)
