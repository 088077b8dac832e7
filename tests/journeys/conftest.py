"""One running suite for all journeys: nine processes on real servers, walked through the gateway."""

import asyncio
import time
from pathlib import Path

import pytest

from kit.local import bootstrap
from kit.local.layout import LAYOUT, free_ports
from kit.local.suite import Suite
from kit.local.visitor import visitor

HELD_BACK = "personal-document/v2"


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory):
    """Every shipped definition is published but the second version of one, which a test publishes."""
    folder = tmp_path_factory.mktemp("suite")
    built = Suite(folder / ".local", ports=free_ports(LAYOUT), fsync=False, say=lambda _: None)
    built.start()
    try:
        bootstrap.make_people(built)
        places = [each.parent for each in bootstrap.CATALOGUE.rglob("definition.yaml")]
        bootstrap.publish(built, [place for place in places if not place.match(f"*/{HELD_BACK}")])
        yield built
    finally:
        built.stop()


@pytest.fixture
def publish_second_version(suite):
    def publish() -> None:
        bootstrap.publish(suite, [bootstrap.CATALOGUE / HELD_BACK])

    return publish


@pytest.fixture
async def anyone(suite):
    async with visitor(suite.urls()) as somebody:
        yield somebody


@pytest.fixture
def logs(suite) -> Path:
    return suite.state.folder / "logs"


async def settle(check, seconds: float = 20):
    """Wait until a check of the world holds."""
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, "the world did not become as expected"
        await asyncio.sleep(0.2)
    return found
