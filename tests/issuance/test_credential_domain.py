"""What a credential says, its hashes and its bits: by the examples of the standards."""

import zlib
from base64 import urlsafe_b64decode
from datetime import date, datetime, timedelta

import pytest

from kit.clock import BANGKOK, clock
from kit.contracts.definition import section_for
from kit.contracts.journey import Process
from services.issuance.domain import WalletSecrets, configurations, disclosures, statuslist
from services.issuance.domain.credentials import claim_name, over_at, shown_claims
from services.issuance.domain.states import State
from services.issuance.models import Document
from services.issuance.queries import may_be_offered
from tests.issuance.conftest import licence

EXAMPLE = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
EXAMPLE_DIGEST = "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"


def test_digests_are_those_of_rfc_9901(monkeypatch):
    assert disclosures._digest(EXAMPLE) == EXAMPLE_DIGEST
    salt = urlsafe_b64decode("_26bc4LT-ac6q2KI6cBW5es=")
    monkeypatch.setattr(disclosures.secrets, "token_bytes", lambda _: salt)
    assert disclosures.concealed({"family_name": "Möbius"}) == ([EXAMPLE_DIGEST], [EXAMPLE])


def test_nothing_is_said_twice_alike_nor_by_its_order():
    first, second = (disclosures.concealed({"a": 1, "b": 2, "c": 3}) for _ in range(2))
    assert not {*first[0], *first[1]} & {*second[0], *second[1]}
    assert first[0] == sorted(first[0])


def test_a_name_that_means_something_is_never_a_claim():
    for name in disclosures.RESERVED:
        with pytest.raises(ValueError, match="no claim may be named"):
            disclosures.concealed({name: 1})
        disclosures.concealed({claim_name(name): 1})
    assert claim_name("/place/province") == "place/province"


def test_bits_are_those_of_the_drafts_example(monkeypatch):
    monkeypatch.setattr(statuslist, "SLOTS", 12)
    values = dict(enumerate([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]))
    packed = statuslist.packed(values)
    assert zlib.decompress(urlsafe_b64decode(packed + "=")) == bytes.fromhex("c944f9")
    assert packed == "eNo76fITAAPfAgc"


def test_a_document_is_over_when_its_last_day_ends_in_thailand():
    assert over_at(date(2027, 12, 31)) == datetime(2028, 1, 1, tzinfo=BANGKOK)


def test_a_kind_of_document_knows_the_fields_of_all_versions_by_their_last_names():
    first = licence()
    raw = first.model_dump(mode="json", exclude_unset=True)
    raw["definition"]["version"] = 10
    (step,) = [each for each in raw["definition"]["plan"] if each["process"] == "issuance"]
    step |= {"public_fields": ["place_address"], "title": {"th": "ใหม่", "en": "New"}}
    sections = [section_for(type(first).model_validate(each), Process.ISSUANCE) for each in (raw, first.model_dump())]
    (found,) = configurations(sections).values()
    assert found.title.en == "New"
    paths = [tuple(path) for path, _ in shown_claims(found)]
    assert {("shown", "shop_name"), ("shown", "place_address"), ("number",)} <= set(paths)


def test_what_is_offered_is_in_force_or_to_come():
    last = date(2026, 11, 2)
    with clock.freeze(over_at(last) - timedelta(seconds=1)) as advance:
        offered = {state for state in State if may_be_offered(Document(state=state, valid_until=last))}
        assert offered == {State.REQUESTED, State.ISSUING, State.FAILED, State.ISSUED}
        advance(timedelta(seconds=1))
        assert not may_be_offered(Document(state=State.ISSUED, valid_until=last))


def test_a_nonce_holds_for_its_issuer_and_its_time():
    secrets, others = WalletSecrets(b"k" * 32), WalletSecrets(b"o" * 32)
    nonce = secrets.new_nonce("22000000", 1000)
    assert secrets.is_nonce("22000000", nonce, 1300)
    assert not secrets.is_nonce("22000000", nonce, 1301)
    assert not secrets.is_nonce("22000000", nonce, 994)
    assert not secrets.is_nonce("12007000", nonce, 1000)
    assert not others.is_nonce("22000000", nonce, 1000)
    assert nonce != secrets.new_nonce("22000000", 1000)
    for each in range(0, len(nonce), 7):
        changed = nonce[:each] + ("A" if nonce[each] != "A" else "B") + nonce[each + 1 :]
        assert not secrets.is_nonce("22000000", changed, 1000)
