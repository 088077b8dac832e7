"""How the tests are spread over the cores: what shares servers stays together, and the longest begins first."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from kit import metrics
from kit.local.doubles import running, tsa
from kit.local.ports import free_port
from tests.authority import Authority

HERE = Path(__file__).parent
SUITES = ("journeys", "faults", "bench")
"""Folders whose tests share a running suite."""
BY_PROCESS = ("authorisation", "fuzz")
"""Folders whose tests share a process, named by their parameter."""


class BySharing(LoadScopeScheduling):
    """Gives a worker all tests of a suite, of a process or of a file at once: two would start their servers twice.

    Groups by mark do not do it: the plugin writes them into ids that pytest does not read any more.
    """

    def _split_scope(self, nodeid: str) -> str:
        path, _, name = nodeid.partition("::")
        folder = path.removeprefix("tests/").partition("/")[0]
        if folder in SUITES:
            return folder
        return folder + name[name.find("[") :] if folder in BY_PROCESS and "[" in name else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> BySharing:
    """Spread the tests so, whatever ``--dist`` says, and in the order in which they were collected."""
    config.option.loadscopereorder = False
    return BySharing(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the running suites, the longest of all, and give their start the time it takes."""
    for item in items:
        if _folder(item) in SUITES and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(300))
    items.sort(key=lambda item: _folder(item) not in SUITES)


@pytest.fixture(scope="session", autouse=True)
def figures_are_read_often() -> Iterator[None]:
    """Reading that is slow on a full machine would be followed by a pause longer than any test waits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "LEAST_PAUSE", 1)
        yield


@pytest.fixture(scope="session")
def authority_served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """A time-stamp authority and its files, for the whole run."""
    folder = tmp_path_factory.mktemp("authority") / "seals"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAET_ENVIRONMENT", "development")
        app = tsa.create_app(folder)
    with running(app, free_port()) as url:
        yield Authority(folder, url)


@pytest.fixture
def authority(authority_served: Authority) -> Iterator[Authority]:
    """The same, behaving well."""
    authority_served.behave()
    yield authority_served
    authority_served.behave()


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]
