"""The kit's own fixtures: real PostgreSQL, real NATS, one harness per service.

A pytest plugin (``-p kit.testing``). Embedded servers by default, containers with
``PAET_TEST_INFRA=containers``. Every test gets a fresh database cloned from a migrated template and
an empty event stream.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from kit.contracts.definition import Bundle
from kit.local.infra import test_servers
from kit.testing.harness import AGENCY, Harness
from kit.testing.opening import empty_stream, environment_of, open_harness, schema_differences
from kit.testing.peers import PeersDouble
from kit.testing.servers import Servers

OpenHarness = Callable[..., AbstractAsyncContextManager[Harness]]


@pytest.fixture
def harness_of(servers: Servers, tmp_path: Path) -> OpenHarness:
    """What opens a service; ``async with`` its answer to a service name."""

    def opener(service: str, **settings: Any) -> AbstractAsyncContextManager[Harness]:
        return open_harness(service, servers, tmp_path, **settings)

    return opener


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """PostgreSQL and NATS for the whole run."""
    folder = tmp_path_factory.mktemp("servers")
    with test_servers(folder) as addresses:
        yield Servers(addresses, folder)


def load_bundle(folder: Path) -> Bundle:
    """A bundle from a folder of the catalogue."""
    from gateway.commands.definitions import read_bundle

    return read_bundle(folder)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Nothing may be skipped where every tool was installed."""
    if (
        os.environ.get("PAET_TEST_NO_SKIP")
        and (mark := item.get_closest_marker("skipif"))
        and mark.args
        and mark.args[0]
    ):
        pytest.fail(f"may not be skipped here: {mark.kwargs.get('reason')}")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Write what each test proves, for ``make trace``."""
    target = os.environ.get("PAET_TRACE_RECORD")
    if not target:
        return
    record = [
        {"test": item.nodeid, "id": mark.args[0], "part": mark.kwargs.get("part")}
        for item in items
        for mark in item.iter_markers("req")
    ]
    Path(target).write_text(json.dumps(record, indent=1), encoding="utf-8")


__all__ = [
    "AGENCY",
    "Harness",
    "OpenHarness",
    "PeersDouble",
    "Servers",
    "empty_stream",
    "environment_of",
    "load_bundle",
    "open_harness",
    "schema_differences",
]
