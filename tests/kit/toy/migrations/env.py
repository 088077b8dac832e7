from kit.migrations import run
from tests.kit.toy.models import METADATA

run(METADATA)
