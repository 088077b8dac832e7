"""What every table of issuance is made with."""

from typing import Any

from sqlalchemy import Column, DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Base(SQLModel, registry=registry()):
    """Own registry: the tables of two services never meet."""


def moment(*, nullable: bool = False) -> Any:
    """A column for an instant, UTC."""
    return Column(DateTime(timezone=True), nullable=nullable)


def structure(*, nullable: bool = False) -> Any:
    """A column for JSON."""
    return Column(JSONB, nullable=nullable)
