"""Traceability: the record says what is proven, and no mark names what nobody asked for."""

import pytest

from tests.trace import REQUIREMENTS, Mark, ids_in, marks_in, report, state_of


def test_every_mark_names_a_requirement(request):
    known = set(ids_in(REQUIREMENTS.read_text(encoding="utf-8")))
    strange = {
        f"{item.nodeid}: {mark.args[0]}"
        for item in request.session.items
        for mark in item.iter_markers("req")
        if mark.args[0] not in known
    }
    assert strange == set()


def test_the_table_of_requirements_is_whole():
    ids = ids_in(REQUIREMENTS.read_text(encoding="utf-8"))
    assert {name[0] for name in ids} == set("JSIQRAPLDEGOXYTW")
    assert len(ids) == 138


def test_an_id_given_twice_is_refused():
    with pytest.raises(ValueError, match="Q5"):
        ids_in("| Q5 | x |\n| Q5 | y |\n")


def test_a_requirement_is_met_by_a_test_of_the_whole_and_in_part_by_others():
    assert state_of([]) == "–"
    assert state_of([Mark("Q1", "a", "type checks")]) == "in part"
    assert state_of([Mark("Q1", "a", "type checks"), Mark("Q1", "b")]) == "met"


def test_the_report_names_tests_counts_and_unknown_ids():
    record = [
        {"id": "Q5", "test": "tests/x.py::test_a[1]", "part": None},
        {"id": "Q5", "test": "tests/x.py::test_a[2]", "part": None},
        {"id": "Q9", "test": "tests/x.py::test_b", "part": None},
    ]
    lines, unknown = report(["Q1", "Q5"], marks_in(record))
    assert lines == ["Q1  –", "Q5  met", "      tests/x.py::test_a", "", "1 met, 0 in part, 1 not yet; 2 in all"]
    assert unknown == ["Q9"]
