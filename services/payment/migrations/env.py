"""Alembic's entry: the models of this service."""

from kit.migrations import run
from services.payment.models import METADATA

run(METADATA)
