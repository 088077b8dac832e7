"""How the tests are spread over the cores: what shares a running suite stays together."""

from collections.abc import Sequence
from pathlib import Path

import pytest

SUITES = {"journeys", "faults", "bench"}


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Keep the tests of one running suite on one worker, and give its start the time it takes."""
    here = Path(__file__).parent
    for item in items:
        folder = item.path.relative_to(here).parts[0]
        if folder in SUITES:
            item.add_marker(pytest.mark.xdist_group("suites"))
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(300))
