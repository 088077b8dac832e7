"""Entries of the catalogue and the check of search's section."""

import pytest

from kit.contracts.definition import Section, section_for
from kit.contracts.journey import Process
from services.search import domain
from tests.bundles import information_bundle, licence_bundle
from tests.search.conftest import charging, searchless, section_of


def paths(section: Section) -> list[str]:
    faults = domain.check_section(section)
    assert all(fault.message.th and fault.message.en for fault in faults)
    return sorted(fault.path for fault in faults)


def changed(bundle=None, manual=None, **step) -> Section:
    whole = section_of(bundle or charging()).model_dump(mode="json")
    whole["manual"] |= manual or {}
    whole["steps"]["search"] |= step
    return Section.model_validate(whole)


def test_a_good_section_has_no_faults():
    assert paths(section_of(charging())) == []
    assert paths(section_of(information_bundle())) == []


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (changed(topics=[]), ["/steps/search/topics"]),
        (changed(keywords=[" "]), ["/steps/search/keywords"]),
        (changed(manual={"channels": []}), ["/manual/channels"]),
        (changed(manual={"steps": []}), ["/manual/steps"]),
        (changed(manual={"complaints": []}), ["/manual/complaints"]),
        (changed(manual={"laws": []}), ["/manual/laws"]),
        (changed(information_bundle(), manual={"laws": []}), []),
        (section_of(licence_bundle()), ["/manual/fees"]),
        (
            changed(manual={"channels": [], "steps": [], "laws": [], "fees": []}, topics=[]),
            ["/manual/channels", "/manual/fees", "/manual/laws", "/manual/steps", "/steps/search/topics"],
        ),
    ],
)
def test_every_fault_is_found_at_once(section, expected):
    assert paths(section) == expected


def test_what_is_no_section_of_search_is_a_fault_and_no_error():
    foreign = section_for(licence_bundle(), Process.REQUEST)
    assert paths(foreign) == ["/manual", "/steps/request"]
    with pytest.raises(ValueError, match="manual"):
        domain.entry_of(foreign)


def test_an_entry_has_its_topics_once_and_the_notice_of_its_manual():
    entry = domain.entry_of(changed(topics=["food", "business", "food"]))
    assert (entry.id, entry.version, entry.topics) == ("test-licence", 1, ("food", "business"))
    assert entry.notice.disclaimer == entry.manual.disclaimer
    assert entry.notice.conditions == entry.manual.criteria
    assert entry.notice.answer_time == entry.manual.answer_time


def test_a_service_without_a_search_step_is_found_under_its_category():
    section = section_of(searchless())
    assert paths(section) == ["/manual/fees"]
    assert domain.entry_of(section).topics == ("licence",)
