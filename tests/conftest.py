"""How the tests are spread over the cores: what shares a running suite stays together."""

from collections.abc import Sequence
from pathlib import Path

import pytest

SUITES = {"journeys", "faults", "bench"}


@pytest.hookimpl(tryfirst=True)  # before the plugin that spreads the tests looks for groups
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Keep the tests of each running suite on one worker, or two would start it; give its start the time it takes."""
    here = Path(__file__).parent
    for item in items:
        folder = item.path.relative_to(here).parts[0]
        if folder in SUITES:
            item.add_marker(pytest.mark.xdist_group(folder))
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(300))
