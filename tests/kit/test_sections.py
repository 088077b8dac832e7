"""Definitions as a service sees them, on a real database."""

import pytest

from kit.testing import open_harness
from tests.bundles import licence_bundle


@pytest.mark.req("O6", part="a section that a newer gateway gives out, or a newer process has kept, is read")
async def test_a_section_may_have_grown_since_its_reader_was_built(servers, tmp_path):
    async with open_harness("review", servers, tmp_path, package="tests.kit.toy", role="api") as toy:
        section = toy.publish(licence_bundle())
        for body in toy.peers.section_bodies.values():
            body["newer"] = body["periods"]["newer"] = {"every_days": 7}
        assert await toy.kit.section(section.definition) == section
        toy.kit.section_store._memory.clear()
        toy.peers.section_bodies.clear()
        assert await toy.kit.section(section.definition) == section
