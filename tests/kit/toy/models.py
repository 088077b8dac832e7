from uuid import UUID, uuid4

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Base(SQLModel, registry=registry()):
    pass


class Tally(Base, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    journey_id: UUID = Field(index=True)
    agency: str
    definition: str
    step: str
    slip: dict = Field(sa_column=Column(JSONB, nullable=False))
    transaction: int


METADATA = Base.metadata
