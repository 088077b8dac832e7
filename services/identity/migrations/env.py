"""Migrations of identity."""

from kit.migrations import run
from services.identity.models import METADATA

run(METADATA)
