"""Alembic's entry: the models of this service."""

from kit.migrations import run
from services.issuance.models import METADATA

run(METADATA)
