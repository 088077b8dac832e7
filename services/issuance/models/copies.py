"""Certified copies of what was issued."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.issuance.models.base import Base, moment


class CertifiedCopy(Base, table=True):
    """One certified copy: one a day of the same file with the same status, so that asking again gives it again."""

    __tablename__ = "certified_copy"
    __table_args__ = (
        UniqueConstraint("document_id", "running"),
        UniqueConstraint("document_id", "original_sha256", "status", "certified_on"),
        Index("certified_copy_sha256", "sha256", postgresql_where=text("sha256 IS NOT NULL")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    document_id: UUID = Field(foreign_key="document.id")
    running: int
    """Its running number, from 1 for each document, without gaps."""
    original_sha256: str
    original_stored_as: str
    status: str
    """What the document was worth when it was certified."""
    certified_on: date
    state: str
    officer: UUID | None = None
    """Who had it made, where it was not the holder."""
    requested_at: datetime = Field(sa_column=moment())
    file_name: str | None = None
    stored_as: str | None = None
    sha256: str | None = None
    made_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
