"""Alembic's entry: the models of this service."""

from kit.migrations import run
from services.request.models import METADATA

run(METADATA)
