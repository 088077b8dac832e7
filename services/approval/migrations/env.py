from kit.migrations import run
from services.approval.models import METADATA

run(METADATA)
