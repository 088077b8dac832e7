"""Wording and sections of delivery, without any server."""

import pytest

from kit.contracts.definition import section_for
from kit.contracts.journey import Outcome, Process
from services.delivery import domain
from tests.bundles import DELIVERY, REQUEST, bundle, information_bundle


@pytest.mark.parametrize("kind", domain.WORDING)
def test_every_notice_speaks_thai_and_english(kind):
    values = dict.fromkeys(
        ("title", "number", "amount", "due", "document", "document_en", "document_number", "facts", "law",
         "considerations", "appeal"),
        "x",
    )  # fmt: skip
    subject, body = domain.say(kind, values)
    assert subject.th != subject.en
    assert body.th != body.en


def test_english_words_take_the_place_of_thai_ones():
    _, body = domain.say("received", {"title": "ใบอนุญาต", "title_en": "Licence", "number": "1"})
    assert "Licence" in body.en
    assert "ใบอนุญาต" in body.th
    assert "ใบอนุญาต" not in body.en


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.WITHDRAWN, Outcome.EXPIRED])
def test_every_end_that_exists_has_its_words(outcome):
    assert outcome.value in domain.WORDING


def test_a_section_must_have_what_it_delivers():
    assert domain.check_section(section_for(information_bundle(), Process.DELIVERY)) == []
    absent = bundle(REQUEST, DELIVERY | {"public_document": "absent.md"}, kind="information")
    odd = bundle(REQUEST, DELIVERY | {"public_document": "document.typ"}, kind="information")
    nothing = bundle(REQUEST, DELIVERY, kind="information")
    for faulty in (absent, odd, nothing):
        (fault,) = domain.check_section(section_for(faulty, Process.DELIVERY))
        assert fault.path == "/steps/delivery/public_document"
