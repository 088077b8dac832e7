"""Wording and sections of delivery, without any server."""

import pytest

from kit.contracts.definition import section_for
from kit.contracts.journey import Outcome, Process
from services.delivery import domain
from tests.bundles import DELIVERY, REQUEST, bundle, information_bundle


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.WITHDRAWN, Outcome.EXPIRED])
def test_every_end_that_exists_has_its_words(outcome):
    assert outcome.value in domain.KINDS


def test_a_section_must_have_what_it_delivers():
    assert domain.check_section(section_for(information_bundle(), Process.DELIVERY)) == []
    absent = bundle(REQUEST, DELIVERY | {"public_document": "absent.md"}, kind="information")
    odd = bundle(REQUEST, DELIVERY | {"public_document": "document.typ"}, kind="information")
    nothing = bundle(REQUEST, DELIVERY, kind="information")
    for faulty in (absent, odd, nothing):
        (fault,) = domain.check_section(section_for(faulty, Process.DELIVERY))
        assert fault.path == "/steps/delivery/public_document"
