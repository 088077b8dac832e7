"""Alembic's entry: the models of this service."""

from kit.migrations import run
from services.search.models import METADATA

run(METADATA)
