from kit.migrations import run
from services.review.models import METADATA

run(METADATA)
