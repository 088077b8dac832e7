"""The life of a decision, the signed content and the keys: by tables and by a stateful property test."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from jose import jws
from jose.exceptions import JWSError

from kit.auth import Jwks, load_publics
from kit.contracts.definition import section_for
from kit.contracts.journey import Process
from kit.errors import Conflict, Problem
from services.approval import domain
from services.approval.domain import Content, Keyring, Standing, State
from services.approval.domain.decisions import ApproverIsReviewer, DecisionClosed, DecisionMade
from tests.approval.conftest import ENCRYPTION_KEY
from tests.bundles import (
    APPROVAL,
    AUTOMATIC,
    DELIVERY,
    IDENTITY,
    REQUEST,
    REVIEW,
    automatic_bundle,
    bundle,
    licence_bundle,
)

REVIEWER, SOMSRI, SOMCHAI = UUID(int=1), UUID(int=2), UUID(int=3)
REASONS = {"facts": "ก", "law": "ข", "considerations": "ค"}
FRESH = Standing(REVIEWER)


@pytest.mark.req("A2", part="reviewer ≠ approver")
@pytest.mark.parametrize("state", [State.GRANTED, State.REFUSED])
def test_reviewer_decides_nothing(state):
    with pytest.raises(ApproverIsReviewer) as caught:
        domain.decide(FRESH, REVIEWER, state)
    assert caught.value.status == 403


@pytest.mark.parametrize(
    ("decision", "problem"),
    [(replace(FRESH, state=State.GRANTED, decided_by=SOMSRI), DecisionMade), (domain.close(FRESH), DecisionClosed)],
)
def test_decision_is_made_once_and_never_after_the_end(decision, problem):
    with pytest.raises(problem):
        domain.decide(decision, SOMCHAI, State.REFUSED)
    with pytest.raises(Conflict):
        domain.grant_by_rule(decision)


@pytest.mark.req("A3")
@pytest.mark.parametrize("missing", [("facts",), ("law",), ("considerations",), ("facts", "law", "considerations")])
def test_refusal_names_each_reason_that_is_missing(missing):
    with pytest.raises(Problem) as caught:
        domain.check_refusal(REASONS | dict.fromkeys(missing, " \t"), has_appeal=True)
    assert [error.pointer for error in caught.value.errors] == [f"/{name}" for name in missing]


@pytest.mark.req("A3")
def test_refusal_without_a_right_to_appeal_is_impossible():
    with pytest.raises(Problem, match="appeal-unknown"):
        domain.check_refusal(REASONS, has_appeal=False)


CONTENT = Content(
    decision=UUID(int=10), journey=UUID(int=11), case=UUID(int=12), agency="22000000", definition="a-b@1",
    result="refused", officer=SOMSRI, authority={"th": "ผอ.เขต", "en": "Director"}, rule=None, order=None,
    facts="ข้อเท็จจริง \"x\"\n", law="ข้อ 1", considerations="-", appeal={"th": "อุทธรณ์", "en": "Appeal"},
    decided_at=datetime(2026, 11, 2, 10, 0, tzinfo=timezone(timedelta(hours=7))),
)  # fmt: skip


def test_content_is_canonical_json():
    text = CONTENT.canonical()
    members = json.loads(text)
    assert list(members) == sorted(members)
    assert members["decided_at"] == "2026-11-02T03:00:00.000000Z"
    assert members["kind"] == "urn:paet:decision:v1"
    assert text == json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    assert replace(CONTENT, decided_at=CONTENT.decided_at.astimezone(UTC)).canonical() == text
    assert domain.digest_of(text) == hashlib.sha256(text.encode()).hexdigest()


def attached(content: str, signature: str) -> str:
    """The compact JWS again, its payload put back (RFC 7515 appendix F)."""
    header, _, signed = signature.partition("..")
    return f"{header}.{base64.urlsafe_b64encode(content.encode()).rstrip(b'=').decode()}.{signed}"


def test_detached_signature_holds_for_an_independent_library_and_for_nothing_else():
    keyring = Keyring(ENCRYPTION_KEY)
    new, other = keyring.make(), keyring.make()
    content = CONTENT.canonical()
    signature = keyring.sign(content, new.kid, new.sealed)
    assert jws.verify(attached(content, signature), new.public_pem, algorithms=["ES256"]) == content.encode()
    assert jws.get_unverified_header(attached(content, signature)) == {
        "alg": "ES256", "kid": new.kid, "typ": "paet-decision+jws",
    }  # fmt: skip
    with pytest.raises(JWSError):
        jws.verify(attached(content.replace("refused", "granted"), signature), new.public_pem, ["ES256"])
    with pytest.raises(JWSError):
        jws.verify(attached(content, signature), other.public_pem, algorithms=["ES256"])
    assert Jwks(load_publics(new.public_pem.encode())).get(new.kid) is not None


def test_private_key_is_encrypted_and_bound_to_its_id():
    keyring = Keyring(ENCRYPTION_KEY)
    one, other = keyring.make(), keyring.make()
    assert b"PRIVATE" not in one.sealed
    for kid, sealed, ring in (
        (other.kid, one.sealed, keyring),
        (one.kid, one.sealed, Keyring(base64.urlsafe_b64encode(bytes(32)).decode())),
        (one.kid, one.sealed[:-1] + bytes([one.sealed[-1] ^ 1]), keyring),
    ):
        with pytest.raises(InvalidTag):
            ring.sign("x", kid, sealed)


@pytest.mark.parametrize(
    "key", ["", "c2hvcnQ", "not base64 at all!", ENCRYPTION_KEY + "AAAA"], ids=["empty", "short", "rubbish", "long"]
)
def test_keyring_refuses_a_key_that_is_no_32_bytes(key):
    with pytest.raises(ValueError, match=r"32 bytes|Incorrect padding|base64"):
        Keyring(key)


def paths(chosen) -> list[str]:
    return [fault.path for fault in domain.check_section(section_for(chosen, Process.APPROVAL))]


@pytest.mark.req("J2", part="approval's section")
def test_faults_of_a_section_are_found():
    assert paths(licence_bundle()) == paths(automatic_bundle()) == []
    assert paths(licence_bundle(appeal=None)) == ["/appeal"]
    spoilt = APPROVAL | {"automatic": AUTOMATIC | {"order": " "}}
    chosen = bundle(IDENTITY, REQUEST, REVIEW, spoilt, DELIVERY, appeal=None)
    assert paths(chosen) == ["/appeal", "/steps/approval/automatic/order"]
