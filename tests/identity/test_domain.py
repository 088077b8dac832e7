"""Numbers, names, dates, seals, session limits, keys: tables."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.contracts.definition import Section, section_for
from kit.contracts.journey import Process
from services.identity import domain
from services.identity.domain import Reach, SealBrokenError, Vault
from services.identity.domain.keys import KEPT
from services.identity.domain.people import clean_text
from tests.bundles import IDENTITY, bundle, licence_bundle
from tests.identity.conftest import key

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.mark.req("I6", part="the check digit")
@pytest.mark.parametrize("pid", ["1101700000010", "3100100000022", "5109990000034", "8101500000048"])
def test_valid_numbers_are_accepted_with_and_without_separators(pid):
    spaced = f"{pid[0]}-{pid[1:5]}-{pid[5:10]}-{pid[10:12]}-{pid[12]}"
    assert domain.checked_pid(pid) == domain.checked_pid(spaced) == pid


@pytest.mark.req("I6", part="the check digit")
@pytest.mark.parametrize(
    "pid",
    ["1101700000011", "110170000001", "11017000000100", "", "abc", "0105541069237", "9101700000016", "๑๑๐๑๗๐๐๐๐๐๐๑๐"],
)
def test_wrong_check_digits_lengths_and_first_digits_are_not(pid):
    assert domain.checked_pid(pid) is None


@given(st.from_regex(r"[1-8][0-9]{11}", fullmatch=True), st.integers(1, 9))
def test_exactly_one_check_digit_fits(head, off):
    """§4.4: (11 − Σ d_i·(13−i) mod 11) mod 10, computed here a second time."""
    digit = (11 - sum(int(each) * (13 - at) for at, each in enumerate(head)) % 11) % 10
    assert domain.checked_pid(f"{head}{digit}") == f"{head}{digit}"
    assert domain.checked_pid(f"{head}{(digit + off) % 10}") is None


@pytest.mark.req("I6", part="masked")
def test_the_mask_shows_three_digits():
    assert domain.masked("1101700000010") == "x-xxxx-xxxxx-01-0"


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("1990-05-01", "1990-05-01"),
        ("2533-05-01", "1990-05-01"),
        ("19900501", "1990-05-01"),
        ("25330501", "1990-05-01"),
        ("01/05/2533", "1990-05-01"),
        ("1990", "1990"),
        ("2533", "1990"),
        (2533, "1990"),
        ("2533-05", "1990-05"),
        ("2533-05-00", "1990-05"),
        ("2533-00-00", "1990"),
        ("1990-00-00", "1990"),
        ("2569-11-22", "2026-11-22"),
        ("2569-11-23", None),
        ("1990-02-30", None),
        ("1990-13-01", None),
        ("0000-00-00", None),
        ("1700-01-01", None),
        ("", None),
        (None, None),
        ({"year": 1990}, None),
    ],
)
def test_birth_dates_gregorian_buddhist_and_in_part(told, read):
    assert domain.birthdate_of(told, TODAY) == read


@given(st.text() | st.integers() | st.dictionaries(st.text(), st.text()))
def test_no_birth_date_or_address_breaks_the_reading(value):
    domain.birthdate_of(value, TODAY)
    address = domain.text_of_address(value)
    assert address is None or (address.isprintable() and address == clean_text(address))


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ({"formatted": "1/1 หมู่ 0\nตำบลสมมติ"}, "1/1 หมู่ 0 ตำบลสมมติ"),
        ("1/1 หมู่ 0", "1/1 หมู่ 0"),
        ({"street_address": "1/1", "region": "กรุงเทพฯ", "postal_code": "10100"}, "1/1 กรุงเทพฯ 10100"),
        ({"street_address": 7}, None),
        ({}, None),
        (None, None),
        (["1/1"], None),
    ],
)
def test_addresses_as_object_or_text(told, read):
    assert domain.text_of_address(told) == read


@pytest.mark.parametrize(
    ("claims", "suffix", "name"),
    [
        ({"name": "นาย ก ข", "given_name": "ค"}, "", "นาย ก ข"),
        ({"title": "นาย", "given_name": "ก", "middle_name": "", "family_name": "ข"}, "", "นาย ก ข"),
        ({"given_name_en": "A", "family_name_en": "B"}, "_en", "A B"),
        ({"name": 7}, "", None),
        ({}, "", None),
    ],
)
def test_names_whole_or_from_their_parts(claims, suffix, name):
    assert domain.name_of(claims, suffix) == name


# ── seals ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.req("I6", part="encrypted at rest")
@given(st.binary(max_size=200))
def test_what_is_sealed_is_opened_in_its_place_only(value):
    vault = Vault(key(), key())
    sealed = vault.seal(value, b"here")
    assert vault.open(sealed, b"here") == value
    assert sealed != vault.seal(value, b"here")
    for wrong, place in ((sealed, b"there"), (sealed[:-1] + bytes([sealed[-1] ^ 1]), b"here"), (sealed[:16], b"here")):
        with pytest.raises(SealBrokenError):
            vault.open(wrong, place)


@pytest.mark.req("I6", part="encrypted at rest")
def test_a_new_key_goes_in_front_and_old_values_stay_readable():
    old, new, lookup = key(), key(), key()
    sealed = Vault(old, lookup).seal(b"1101700000010", b"x")
    both = Vault(f"{new} {old}", lookup)
    assert both.open(sealed, b"x") == b"1101700000010"
    assert Vault(new, lookup).open(both.seal(b"2", b"x"), b"x") == b"2"
    with pytest.raises(SealBrokenError):
        Vault(new, lookup).open(sealed, b"x")


def test_the_look_up_hash_depends_on_its_key_and_kind():
    first, second = Vault(key(), key()), Vault(key(), key())
    assert first.digest("pid", "1") == first.digest("pid", "1")
    assert (
        len({first.digest("pid", "1"), first.digest("pid", "2"), first.digest("x", "1"), second.digest("pid", "1")})
        == 4
    )


@pytest.mark.parametrize("wrong", ["", "short", "!" * 43, "A" * 44])
def test_a_key_of_another_length_is_refused(wrong):
    with pytest.raises(ValueError, match=r"pid_encryption_key|32 bytes"):
        Vault(wrong, key())
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(key(), wrong)


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.req("I4", part="the limits")
@pytest.mark.parametrize(
    ("aal", "idle_for", "lives_for"),
    [
        ("1", timedelta(days=29), timedelta(days=30)),
        ("2.1", timedelta(hours=11, minutes=45), timedelta(hours=12)),
        ("2.2", timedelta(), timedelta(minutes=30)),
        ("2.2", timedelta(hours=1), timedelta(hours=1, minutes=30)),
        ("3", timedelta(), timedelta(minutes=15)),
        ("3", timedelta(hours=11, minutes=50), timedelta(hours=12)),
    ],
)
def test_a_session_ends_by_its_level(aal, idle_for, lives_for):
    assert domain.ends_at(aal, NOW, NOW + idle_for) == NOW + lives_for


# ── signing keys ─────────────────────────────────────────────────────────────────────────────────


@dataclass
class Times:
    active_from: datetime


def test_which_key_signs_and_which_are_published():
    first, second, third = (Times(NOW + timedelta(hours=hours)) for hours in (0, 10, 20))
    keys = [second, third, first]
    at = [NOW + timedelta(hours=hours) for hours in (-1, 0, 10, 20)]
    assert [domain.signer(keys, now) for now in at] == [None, first, second, third]
    assert domain.published(keys, at[1]) == [first, second, third]
    assert domain.published(keys, at[2]) == [first, second, third]
    assert domain.published(keys, at[2] + KEPT) == [second, third]
    assert domain.published(keys, at[3] + KEPT) == [third]
    assert domain.published([], NOW) == []


def test_of_two_keys_of_one_moment_the_one_that_signs_stays_published():
    keys = [Times(NOW), Times(NOW)]
    found = domain.signer(keys, NOW + KEPT)
    assert any(each is found for each in domain.published(keys, NOW + KEPT))


# ── the check of a section ───────────────────────────────────────────────────────────────────────


def section(**levels: str) -> Section:
    step = IDENTITY | levels
    plan = [
        step if each.id == "identity" else each.model_dump(mode="json") for each in licence_bundle().definition.plan
    ]
    return section_for(bundle(*plan), Process.IDENTITY)


@pytest.mark.req("I2", part="what no provider reaches cannot be published")
@pytest.mark.parametrize(
    ("levels", "paths"),
    [
        ({"ial": "2.3", "aal": "2.2"}, []),
        ({"ial": "1.1", "aal": "2.1"}, []),
        ({"ial": "1.1", "aal": "3"}, []),
        ({"ial": "3", "aal": "2.2"}, ["/steps/identity/ial"]),
        ({"ial": "2.3", "aal": "3"}, ["/steps/identity/ial"]),
        ({"ial": "3", "aal": "3"}, ["/steps/identity/ial"]),
    ],
)
def test_steps_that_no_provider_can_satisfy(levels, paths):
    reaches = [Reach("2.3", "2.2"), Reach("1.1", "3")]
    faults = domain.check_section(section(**levels), reaches)
    assert [fault.path for fault in faults] == paths


def test_without_a_provider_both_levels_are_faults():
    faults = domain.check_section(section(), [])
    assert [fault.path for fault in faults] == ["/steps/identity/ial", "/steps/identity/aal"]
    assert all(fault.message.th and "IAL" in faults[0].message.en for fault in faults)


def test_nothing_personal_shows_in_a_proof():
    proof = domain.Proof(
        "thaid", "sub-1", "1101700000010", "นาย ก", "Mr. A", "1990", "1/1", "2.3", "2.2", "app", NOW
    )  # fmt: skip
    assert not [word for word in ("sub-1", "1101700000010", "นาย", "Mr", "1990", "1/1") if word in repr(proof)]
    assert json.dumps(domain.masked(proof.pid)).count("1") == 1
