"""The page says what was measured, all of it, and judges the targets by the figures and nothing else."""

import copy
import json

import pytest

from bench import report
from bench.growth.purposes import purpose_of
from bench.report.markdown import number
from bench.report.targets import targets
from tests.bench import samples


def judged(figures):
    return {each.name: each.is_met for each in targets(figures)}


def changed(path, value):
    """The sample figures with one of them changed."""
    *way, last = path
    figures = copy.deepcopy(samples.figures())
    place = figures
    for each in way:
        place = place[each]
    place[last] = value
    return figures


def test_every_part_has_its_section_and_all_state_machine_versions_and_settings():
    text = report.text_of(samples.figures())
    headings = [line.removeprefix("### ") for line in text.splitlines() if line.startswith("### ")]
    assert headings == [
        "Measured on", "Targets", "Spine beside the floor", "Whole journeys", "Spine only: no document is made",
        "Floor, batches waited for 0 ms", "What the gateway adds to a call", "A document, part by part", "Growth",
        "Search", "Idle",
    ]  # fmt: skip
    for said in ("A processor", "PostgreSQL 18.6", "fsync `on`", "sync_interval `always`", "fastapi 0.1"):
        assert said in text


def test_a_part_that_was_not_measured_is_left_out():
    assert report.text_of({"idle": samples.figures()["idle"]}).count("### ") == 2, "its targets, and itself"
    assert report.text_of({}) == ""


def test_ratios_are_those_of_one_run_at_the_same_number_in_flight():
    text = report.text_of(samples.figures())
    assert "| 8 | 0.00 | 5.00 | 16.0 | 3.20 | 200 | 50.0 | 4.00 |" in text
    assert "| 128 | 0.00 | 4.00 | 12.0 | 3.00 | 200 | 50.0 | 4.00 |" in text


def test_targets_are_judged_by_their_figures():
    found = judged(samples.figures())
    assert [name for name, is_met in found.items() if not is_met] == [
        "spine / floor in CPU-seconds, 8 in flight, batches of what is there",
        "journey without document and signature, 8 in flight",
        "whole journey, 8 in flight",
    ]
    assert len(found) == 15
    text = report.text_of(samples.figures())
    assert "| whole journey, 8 in flight | 61.0 CPU-ms | ≤ 60 CPU-ms, aim 48 | **not met** |" in text
    assert "| whole journey, 128 in flight | 47.0 CPU-ms | ≤ 60 CPU-ms, aim 48 | met |" in text


@pytest.mark.parametrize(
    ("path", "value", "target"),
    [
        (("journeys", "flights", 1, "full_calls_ms", "p99"), 250.0, "p99 of a public call while the queues are full"),
        (("journeys", "flights", 1, "journey_ms", "max"), 3001.0, "no starvation"),
        (("journeys", "flights", 1, "troubles", "dead letters"), 1, "errors, retries and dead letters"),
        (("journeys", "flights", 1, "cpu_ms", "gateway"), 24.0, "documents are the largest share"),
        (("hop", "calls", 0, "gateway_cpu_ms"), 0.51, "the gateway adds to a call"),
        (("documents", "compose_and_seal_cpu_ms"), 38.1, "compose and seal with a time-stamp"),
        (("search", "answers", 0, "ms", "p99"), 50.0, "search among 20,000 services"),
        (("idle", "cpu_percent_inside"), 3.0, "idle suite, of one core"),
        (("idle", "pss_mib_inside"), 1280.0, "idle suite, memory in all"),
        (("spine", "flights", 1, "cpu_ms_inside"), 12.1, "spine / floor in CPU-seconds, 128 in flight"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_figure_over_its_limit_is_not_met(path, value, target):
    usual, other = judged(samples.figures()), judged(changed(path, value))
    assert [name for name in other if usual[name] and not other[name]] == [name for name in other if target in name]


def test_growth_names_each_index_once_with_what_it_is_for():
    text = report.text_of(samples.figures())
    assert text.count("| inbox_pkey | `(id)` |") == 1, "plumbing is the same in every service"
    assert f"| review: cases_pkey | `(id)` | {purpose_of('cases', 'cases_pkey')} |" in text
    assert "serve other reads: outbox_id_key." in text
    assert "No table of 2,000 rows or more was read from end to end." in text
    assert "| finished journeys | 0 | 100,000 | 100,000 and 1,000,000 events |" in text


def test_a_table_that_was_read_from_end_to_end_is_told():
    found = [{"table": "payment.due_work", "scans": 3, "rows_a_scan": 46_000}]
    text = report.text_of(changed(("growth", "points", 1, "walked"), found))
    assert "| payment.due_work | 100,000 | 3 | 46,000 |" in text


def test_an_index_that_nobody_has_explained_is_refused():
    with pytest.raises(KeyError, match="cases_new"):
        purpose_of("cases", "cases_new")


def test_figures_go_between_the_markers_of_a_page_and_come_out_the_same_again(tmp_path):
    for name, each in samples.figures().items():
        (tmp_path / f"{name}.json").write_text(json.dumps(each))
    page = tmp_path / "page.md"
    page.write_text(f"# By hand\n\n{report.BEGIN}\n\nold figures\n\n{report.END}\n\nBy hand too.\n")
    report.write(tmp_path, page)
    once = page.read_text()
    report.write(tmp_path, page)
    assert page.read_text() == once
    assert once.startswith("# By hand\n")
    assert once.endswith(f"{report.END}\n\nBy hand too.\n")
    assert "old figures" not in once
    assert "### Idle" in once


def test_a_page_without_a_place_for_figures_is_refused(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# By hand\n")
    with pytest.raises(ValueError, match="no place for the figures"):
        report.write(tmp_path, page)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.00"), (3.14159, "3.14"), (31.4159, "31.4"), (314.159, "314"), (31415.9, "31,416")]
)
def test_numbers_have_the_digits_that_mean_something(value, text):
    assert number(value) == text


def test_the_published_page_has_a_place_for_the_figures():
    text = report.PAGE.read_text(encoding="utf-8")
    assert text.index(report.BEGIN) < text.index(report.END)
