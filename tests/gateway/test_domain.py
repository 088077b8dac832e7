"""The pure part: what may be published, tracking numbers."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import definitions, tracking
from kit.contracts.definition import Bundle, Fault, files_of
from kit.contracts.text import Text
from tests.bundles import (
    APPROVAL,
    DELIVERY,
    IDENTITY,
    REQUEST,
    REVIEW,
    SEARCH,
    bundle,
    information_bundle,
    licence_bundle,
)

WRONG = Text(th="ผิด", en="wrong")


# ── definitions ──────────────────────────────────────────────────────────────────────────────────


def raw(of: Bundle) -> dict[str, Any]:
    return of.model_dump(mode="json", exclude_unset=True)


def paths_of(error: pytest.ExceptionInfo[definitions.DefinitionFaulty]) -> list[str]:
    return [fault["path"] for fault in error.value.extensions["faults"]]


@pytest.mark.req("J2", part="every fault of the shape, by path, in Thai and English")
def test_faults_of_the_shape_are_told_by_pointer_in_both_languages():
    body = raw(licence_bundle())
    del body["definition"]["title"]["th"]
    body["definition"]["plan"][5]["fees"][0]["bands"][1]["amount"] = -1
    body["definition"]["plan"][3]["tabel"] = "rules/review.json"
    body["definition"]["plan"][2]["process"] = "baking"
    with pytest.raises(definitions.DefinitionFaulty) as error:
        definitions.parse(body)
    assert paths_of(error) == [
        "/definition/title/th", "/definition/plan/2", "/definition/plan/3/tabel",
        "/definition/plan/5/fees/0/bands/1/amount",
    ]  # fmt: skip
    assert all(fault["message"]["th"] and fault["message"]["en"] for fault in error.value.extensions["faults"])


@pytest.mark.parametrize("body", [None, [], 7, "x", {}, {"definition": None}, {"definition": [], "files": 3}])
def test_rubbish_is_a_fault_never_a_crash(body):
    with pytest.raises(definitions.DefinitionFaulty):
        definitions.parse(body)


def test_text_that_the_database_cannot_keep_is_a_fault():
    body = raw(licence_bundle())
    body["files"]["document.typ"] = "a\x00b"
    with pytest.raises(definitions.DefinitionFaulty) as error:
        definitions.parse(body)
    assert paths_of(error) == ["/files/document.typ"]


def test_half_a_pair_of_surrogates_is_a_fault_wherever_it_stands():
    body = raw(licence_bundle())
    body["files"]["document.typ"] += "\ud800"
    body["definition"]["periods"]["manual"]["source"]["section"] = "\ud800"
    body["definition"]["plan"][0]["keywords"] = ["\udfff"]
    body["definition"]["plan"][6]["public_fields"] = ["\ud800"]
    with pytest.raises(definitions.DefinitionFaulty) as error:
        definitions.parse(body)
    assert len(paths_of(error)) == 4


def test_a_named_file_that_is_absent_is_a_fault_of_the_step_that_names_it():
    whole = licence_bundle()
    files = {name: text for name, text in whole.files.items() if name != "rules/review.json"}
    found = definitions.own_faults(Bundle(definition=whole.definition, files=files))
    assert [(fault.path, fault.service) for fault in found] == [("/definition/plan/3/table", "gateway")]


def test_every_field_that_names_a_file_is_looked_for():
    step = licence_bundle().definition.plan[3].model_copy(update=dict.fromkeys(definitions.NAMING_FIELDS, "x"))
    assert len(files_of(step)) == len(definitions.NAMING_FIELDS)


def test_an_impossible_plan_is_a_fault():
    found = definitions.own_faults(bundle(SEARCH, IDENTITY, REVIEW, REQUEST, APPROVAL))
    assert len(found) >= 2
    assert {fault.path for fault in found} == {"/definition/plan"}


def test_the_services_of_the_plan_are_asked_and_search_always():
    assert definitions.services_to_ask(information_bundle().definition) == ("search", "request", "delivery")
    assert definitions.services_to_ask(bundle(REQUEST, DELIVERY).definition) == ("search", "request", "delivery")


@pytest.mark.parametrize(
    ("path", "rebased"),
    [
        ("/steps/review/table", "/definition/plan/3/table"),
        ("/steps/licence-fee/fees/0/bands", "/definition/plan/5/fees/0/bands"),
        ("/steps/review", "/definition/plan/3"),
        ("/files/rules~1review.json", "/files/rules~1review.json"),
        ("/appeal/days", "/definition/appeal/days"),
        ("/steps/unknown/table", "/definition/steps/unknown/table"),
        ("", "/definition"),
    ],
)
def test_paths_into_a_section_become_paths_into_the_bundle(path, rebased):
    fault = definitions.rebase(Fault(path=path, message=WRONG), licence_bundle().definition, "review")
    assert (fault.path, fault.service) == (rebased, "review")


@pytest.mark.parametrize(
    ("kind", "of", "may"),
    [
        ("officer", "22000000", True), ("officer", "12007000", False), ("officer", None, False),
        ("client", "22000000", True), ("client", "12007000", False), ("client", None, True),
        ("client", "platform", True), ("officer", "platform", False),
    ],
)  # fmt: skip
def test_only_the_agency_itself_or_the_platforms_client_publishes(kind, of, may):
    assert definitions.may_publish(kind, of, "22000000") is may


def test_versions_are_numbered_without_gaps_and_never_change():
    first = licence_bundle()
    published = {1: definitions.digest_of(first)}
    assert not definitions.is_repeat(first, {})
    assert definitions.is_repeat(first, published)
    assert not definitions.is_repeat(licence_bundle(version=2), published)
    with pytest.raises(definitions.VersionOutOfTurn) as gap:
        definitions.is_repeat(licence_bundle(version=3), published)
    with pytest.raises(definitions.VersionImmutable) as change:
        definitions.is_repeat(licence_bundle(kind="certificate"), published)
    assert gap.value.extensions == change.value.extensions == {"expected": 2}


def test_a_default_that_is_written_out_is_the_same_text():
    said = raw(licence_bundle())
    said["definition"]["plan"][3]["priority"] = 5
    assert definitions.digest_of(definitions.parse(said)) == definitions.digest_of(licence_bundle())


@pytest.mark.req("J6", part="counted")
def test_levels_are_counted_also_where_there_is_none():
    assert definitions.count_levels(["L3", "L1", "L3"]) == {"L0": 0, "L1": 1, "L2": 0, "L3": 2}


# ── tracking numbers ─────────────────────────────────────────────────────────────────────────────


def test_a_tracking_number_is_read_as_people_write_it():
    number, secret = tracking.new_tracking_number(), tracking.secret_for("k" * 32, uuid4())
    sloppy = f" {number.lower().replace('-', ' ')}.{secret.lower().replace('0', 'o').replace('1', 'l')} "
    read = tracking.read_credentials(sloppy)
    assert read is not None
    assert read[0] == number
    assert tracking.hash_of(read[1]) == tracking.hash_of(secret)


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text):
    read = tracking.read_credentials(text)
    assert read is None or read[0].startswith("PT-")


def test_secrets_differ_by_key_and_journey_and_repeat_for_both():
    journey, key = uuid4(), "k" * 32
    secrets = {
        tracking.secret_for(key, journey),
        tracking.secret_for("l" * 32, journey),
        tracking.secret_for(key, uuid4()),
    }
    assert len(secrets) == 3
    assert tracking.secret_for(key, journey) in secrets
    assert all(len(secret) == 32 and set(secret) <= set(tracking.ALPHABET) for secret in secrets)


@pytest.mark.parametrize("key", ["short", "has a space in it", "ไทยไทยไทย", "x" * 201])
def test_a_poor_idempotency_key_is_refused(key):
    with pytest.raises(tracking.IdempotencyKeyInvalid):
        tracking.checked_key(key, is_anonymous=False)


def test_an_anonymous_key_must_be_hard_to_guess():
    assert tracking.checked_key("order-0001", is_anonymous=False)
    with pytest.raises(tracking.IdempotencyKeyInvalid):
        tracking.checked_key("order-0001", is_anonymous=True)
    assert tracking.checked_key(str(uuid4()), is_anonymous=True)
