"""How the tests are spread over the cores: what shares a running suite stays together."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

SUITES = {"journeys", "faults", "bench"}


class BySuite(LoadScopeScheduling):
    """The tests of a folder that shares a running suite go to one worker, or two would start it; all others anywhere.

    Groups by mark do not do it: the plugin writes them into ids that pytest does not read any more.
    """

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.removeprefix("tests/").partition("/")[0]
        return folder if folder in SUITES else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> BySuite:
    """Spread the tests by suite, whatever ``--dist`` says."""
    return BySuite(config, log)


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Give the start of a suite the time it takes."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in SUITES and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(300))
