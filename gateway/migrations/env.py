from gateway.models import METADATA
from kit.migrations import run

run(METADATA)
