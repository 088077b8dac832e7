"""Tables of search: the catalogue, a projection of published definitions."""

from typing import Any

from sqlalchemy import BigInteger, Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Base(SQLModel, registry=registry()):
    """The registry of this service alone."""


class CatalogueEntry(Base, table=True):
    """The newest published version of one service. ``revision`` grows with every change of the table."""

    __tablename__ = "entry"

    id: str = Field(primary_key=True)
    version: int
    section: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    revision: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))


METADATA = Base.metadata
