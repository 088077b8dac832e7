"""The words of notices as agencies, or the platform for all, have put them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.delivery.models.notices import Base, moment


class Template(Base, table=True):
    """One version; the table only grows. Without words it takes the earlier versions back."""

    __table_args__ = (
        UniqueConstraint("agency", "kind", "version"),
        CheckConstraint("num_nulls(subject_th, subject_en, body_th, body_en) IN (0, 4)", name="template_whole"),
        CheckConstraint("version > 0", name="template_version"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    agency: str
    """Eight digits, or ``platform``: for every agency that has none of its own."""
    kind: str
    version: int
    subject_th: str | None = None
    subject_en: str | None = None
    body_th: str | None = None
    body_en: str | None = None
    author: UUID
    created_at: datetime = Field(sa_column=moment())
    valid_from: datetime = Field(sa_column=moment())
