"""The people of the ThaiD double: synthetic numbers only, and a file of one's own is checked."""

import json
from pathlib import Path

import pytest

from kit.local.doubles.thaid.people import SHIPPED, People


def test_shipped_people_have_the_numbers_of_the_guide_or_of_no_province():
    pids = {person.pid for person in People.load().everybody}
    guide = {"1101700000010", "3100100000022", "5109990000034", "8101500000048"}
    assert guide < pids
    assert all(pid.startswith("19999") for pid in pids - guide)


@pytest.mark.parametrize("pid", ["1101700000011", "0105541069237", "110170000001", "9101700000018"])
def test_a_number_that_is_no_persons_is_refused(tmp_path: Path, pid):
    people = json.loads(SHIPPED.read_text(encoding="utf-8"))
    people[0]["pid"] = pid
    path = tmp_path / "people.json"
    path.write_text(json.dumps(people), encoding="utf-8")
    with pytest.raises(ValueError, match="pid"):
        People.load(path)
