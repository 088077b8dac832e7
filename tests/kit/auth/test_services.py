from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kit.auth import (
    ACCESS,
    ASSERTION,
    Principal,
    ServiceAssertions,
    ServiceVerifier,
    TokenRefused,
    sign,
    thumbprint,
)
from kit.auth import services as module
from kit.auth.services import LIFE_S
from kit.clock import clock

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
JOURNEY = UUID("019aa000-0000-7000-8000-000000000001")


@pytest.fixture(autouse=True)
def at():
    with clock.freeze(AT) as advance:
        yield advance


class Trust:
    """A trust folder and the private keys to it."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.keys = {}

    def add(self, service: str):
        """Give a service a key; a second one is added to its file."""
        self.keys[service] = key = ec.generate_private_key(ec.SECP256R1())
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        with (self.folder / f"{service}.pem").open("ab") as file:
            file.write(pem)
        return key

    def assertions(self, service: str) -> ServiceAssertions:
        return ServiceAssertions(service, self.keys[service])


@pytest.fixture
def trust(tmp_path):
    trust = Trust(tmp_path)
    for service in ("gateway", "review", "request"):
        trust.add(service)
    return trust


def refusal(verifier: ServiceVerifier, token: str) -> str:
    with pytest.raises(TokenRefused) as caught:
        verifier.verify(token)
    return caught.value.reason


def test_service_is_known_by_its_own_key(trust):
    verifier = ServiceVerifier(trust.folder, "request")
    token = trust.assertions("review").token_for("request")
    assert verifier.verify(token) == Principal(kind="service", subject="review")


def test_assertion_for_another_service_is_refused(trust):
    token = trust.assertions("review").token_for("payment")
    assert refusal(ServiceVerifier(trust.folder, "request"), token) == "audience"


def forged(trust, key_of: str, typ: str = ASSERTION, **claims) -> str:
    now = int(AT.timestamp())
    key = trust.keys[key_of]
    usual = {"iss": key_of, "sub": key_of, "aud": "request", "iat": now, "exp": now + LIFE_S, "jti": "1"}
    return sign(usual | claims, key, thumbprint(key), typ)


def test_service_cannot_speak_as_another(trust):
    verifier = ServiceVerifier(trust.folder, "request")
    assert verifier.verify(forged(trust, "review")).subject == "review"
    assert refusal(verifier, forged(trust, "review", iss="gateway", sub="gateway")) == "issuer"
    assert refusal(verifier, forged(trust, "review", sub="gateway")) == "subject"


def test_service_cannot_speak_for_a_person(trust):
    verifier = ServiceVerifier(trust.folder, "request")
    assert refusal(verifier, forged(trust, "review", typ=ACCESS)) == "typ"
    assert verifier.verify(forged(trust, "review", kind="citizen")).kind == "service"


def test_only_the_gateway_speaks_for_the_holder_of_a_journey(trust):
    verifier = ServiceVerifier(trust.folder, "request")
    token = trust.assertions("gateway").token_for("request", JOURNEY)
    assert verifier.verify(token) == Principal(kind="holder", subject=str(JOURNEY))
    stolen = trust.assertions("review").token_for("request", JOURNEY)
    assert refusal(verifier, stolen) == "may not speak for a holder"


@pytest.mark.parametrize("journey", ["", "1", 1, None, ["x"]])
def test_journey_that_is_no_id_is_refused(trust, journey):
    verifier = ServiceVerifier(trust.folder, "request")
    assert refusal(verifier, forged(trust, "gateway", journey=journey)) == "journey"


def test_assertion_is_used_again_up_to_half_its_life(trust, at):
    assertions, verifier = trust.assertions("review"), ServiceVerifier(trust.folder, "request")
    first = assertions.token_for("request")
    at(timedelta(seconds=LIFE_S / 2 - 1))
    assert assertions.token_for("request") == first
    assert assertions.token_for("payment") != first
    at(timedelta(seconds=1))
    assert assertions.token_for("request") != first
    at(timedelta(seconds=LIFE_S / 2 + 5))
    assert refusal(verifier, first) == "expired"


def test_assertion_is_made_anew_when_the_clock_goes_back(trust, at):
    assertions, verifier = trust.assertions("review"), ServiceVerifier(trust.folder, "request")
    late = assertions.token_for("request")
    at(timedelta(days=-3))
    assert refusal(verifier, late) == "not yet valid"
    verifier.verify(assertions.token_for("request"))


def test_holders_are_never_mixed_up(trust):
    gateway, verifier = trust.assertions("gateway"), ServiceVerifier(trust.folder, "request")
    journeys = [uuid4() for _ in range(3)]
    tokens = [gateway.token_for("request", each) for each in journeys]
    assert [verifier.verify(each).subject for each in tokens] == [str(each) for each in journeys]
    assert verifier.verify(gateway.token_for("request")).kind == "service"


def test_long_lived_assertion_is_refused(trust):
    token = forged(trust, "review", exp=int(AT.timestamp()) + LIFE_S + 1)
    assert refusal(ServiceVerifier(trust.folder, "request"), token) == "life too long"


def test_stranger_is_refused_until_its_key_is_mounted(trust, monkeypatch):
    verifier = ServiceVerifier(trust.folder, "request")
    trust.add("search")
    token = trust.assertions("search").token_for("request")
    assert refusal(verifier, token) == "unknown key"
    monkeypatch.setattr(module, "REREAD_S", 0.0)
    assert verifier.verify(token).subject == "search"


def test_key_rotates_while_both_are_mounted(trust, monkeypatch):
    monkeypatch.setattr(module, "REREAD_S", 0.0)
    verifier = ServiceVerifier(trust.folder, "request")
    old = trust.assertions("review")
    trust.add("review")
    assert verifier.verify(trust.assertions("review").token_for("request")).subject == "review"
    assert verifier.verify(old.token_for("request")).subject == "review"


def test_one_key_for_two_services_is_refused(trust):
    (trust.folder / "payment.pem").write_bytes((trust.folder / "review.pem").read_bytes())
    with pytest.raises(ValueError, match="two services"):
        ServiceVerifier(trust.folder, "request")
