"""What every table of payment is made of."""

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime
from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Base(SQLModel, registry=registry()):
    """Own registry: the tables of two services never meet."""


def moment(*, nullable: bool = False) -> Any:
    """A column for an instant, UTC."""
    return Column(DateTime(timezone=True), nullable=nullable)


def satang() -> Any:
    """A column for money."""
    return Column(BigInteger, nullable=False)


METADATA = Base.metadata
