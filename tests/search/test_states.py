"""The catalogue as a state machine on the database.

Whatever versions are told, in any order, twice, at once and while readers look: the newest stands, revisions only
grow, and a reader who asks for what is new misses nothing.
"""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kit.contracts.definition import Bundle
from services.search.queries import Catalogue
from tests.machines import Stage, stage, walk
from tests.search.conftest import charging, published

SERVICES, VERSIONS = ("birth", "food", "hotel"), 4
SHELF: dict[tuple[str, int], Bundle] = {
    (name, version): charging(identifier=name, version=version) for name in SERVICES for version in range(1, VERSIONS)
}
FACTS = {which: published(bundle) for which, bundle in SHELF.items()}
SOME = st.lists(st.sampled_from(sorted(SHELF)), min_size=1, max_size=3)


class Revisions(RuleBasedStateMachine):
    """The service with its database, and readers that look from time to time."""

    def __init__(self, desk: Stage) -> None:
        super().__init__()
        self.desk = desk
        desk.clear()
        self.newest: dict[str, int] = {}
        self.seen: dict[str, int] = {}
        self.readers = [Catalogue(), Catalogue()]

    def believe(self, *which: tuple[str, int]) -> None:
        for name, version in which:
            self.newest[name] = max(version, self.newest.get(name, 0))

    @rule(which=SOME)
    def tell(self, which: list[tuple[str, int]]) -> None:
        self.believe(*which)
        self.desk.deliver(*(FACTS[each] for each in which), FACTS[which[0]])

    @rule(first=SOME, second=SOME)
    def tell_at_once(self, first: list[tuple[str, int]], second: list[tuple[str, int]]) -> None:
        self.believe(*first, *second)
        self.desk.at_once(*(self.desk.take(*(FACTS[each] for each in some)) for some in (first, second)))

    @rule(which=st.integers(0, 1))
    def look(self, which: int) -> None:
        reader = self.readers[which]
        before = reader.revision
        self.desk.run(reader.refresh(self.desk.kit.database))
        assert reader.revision >= before
        found = {entry.id: entry.version for entry in reader.page(None, 10)[0]}
        assert found == self.newest
        assert reader.revision == max(self.rows().values(), default=0)

    def rows(self) -> dict[str, int]:
        return {row["id"]: row["revision"] for row in self.desk.rows("SELECT id, revision FROM entry")}

    @invariant()
    def the_newest_stands_and_revisions_grow(self) -> None:
        rows = self.desk.rows("SELECT id, version, revision FROM entry")
        assert {row["id"]: row["version"] for row in rows} == self.newest
        assert len({row["revision"] for row in rows}) == len(rows)
        last = max(self.seen.values(), default=0)
        for row in rows:
            before = self.seen.get(row["id"])
            assert row["revision"] == before or row["revision"] > last
        self.seen = {row["id"]: row["revision"] for row in rows}

    def teardown(self) -> None:
        for which in range(len(self.readers)):
            self.look(which)


@pytest.mark.req("X4", part="search")
def test_the_newest_version_stands_whatever_is_told_in_whatever_order(servers, tmp_path):
    with stage("search", servers, tmp_path, refresh_seconds=3600) as desk:
        for bundle in SHELF.values():
            desk.harness.publish(bundle)
        walk(lambda: Revisions(desk), examples=8, steps=15, shrinks=False)
