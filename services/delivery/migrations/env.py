"""Alembic's entry: the models of this service."""

from kit.migrations import run
from services.delivery.models import METADATA

run(METADATA)
