import asyncio
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from structlog.testing import capture_logs

from kit.auth import ACCESS, ASSERTION, Jwks, PersonVerifier, Principal, TokenRefused, sign, thumbprint
from kit.auth.persons import REFRESH_S, RETRY_S
from kit.clock import clock
from kit.errors import Unavailable

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
NOW = int(AT.timestamp())
CLAIMS = {
    "iss": "identity",
    "sub": "person-1",
    "aud": "paet",
    "iat": NOW,
    "exp": NOW + 900,
    "jti": "1",
    "sid": "session-1",
    "kind": "citizen",
    "ial": "2.3",
    "aal": "2.1",
}


class Identity:
    """The owner of the keys: may rotate, fail, and count who asks."""

    def __init__(self) -> None:
        self.keys = [ec.generate_private_key(ec.SECP256R1())]
        self.is_away = False
        self.asked = 0
        self.now = 1000.0
        self.document: object = None

    async def fetch(self):
        self.asked += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise OSError("3100100000022 cannot be reached")
        return self.document or Jwks(key.public_key() for key in self.keys).as_dict()

    def token(self, key=None, typ=ACCESS, **claims) -> str:
        key = key or self.keys[-1]
        return sign(CLAIMS | claims, key, thumbprint(key), typ)

    def verifier(self, **options) -> PersonVerifier:
        return PersonVerifier(self.fetch, "identity", monotonic=lambda: self.now, **options)

    def rotate(self, *, keep: bool = True):
        self.keys = [*(self.keys if keep else []), ec.generate_private_key(ec.SECP256R1())]


@pytest.fixture(autouse=True)
def at():
    with clock.freeze(AT):
        yield


@pytest.fixture
def identity() -> Identity:
    return Identity()


async def refusal(verifier: PersonVerifier, token: str) -> str:
    with pytest.raises(TokenRefused) as caught:
        await verifier.verify(token)
    return caught.value.reason


async def test_citizen_officer_and_client_become_principals(identity):
    verifier = identity.verifier()
    assert await verifier.verify(identity.token()) == Principal(
        kind="citizen", subject="person-1", ial="2.3", aal="2.1", session="session-1"
    )
    officer = identity.token(kind="officer", roles=["reviewer", "approver"], agency="22000000")
    assert await verifier.verify(officer) == Principal(
        kind="officer",
        subject="person-1",
        roles=frozenset({"reviewer", "approver"}),
        agency="22000000",
        ial="2.3",
        aal="2.1",
        session="session-1",
    )
    client = await verifier.verify(identity.token(kind="client", sid=None, scope="definitions.publish data.read"))
    assert client.scopes == {"definitions.publish", "data.read"}
    assert client.session is None
    assert identity.asked == 1


@pytest.mark.parametrize("kind", ["service", "holder", "admin", None, "", ["citizen"], 1])
async def test_identity_cannot_make_services_or_holders(identity, kind):
    assert await refusal(identity.verifier(), identity.token(kind=kind)) == "kind"


@pytest.mark.parametrize("kind", ["citizen", "officer"])
async def test_person_without_a_session_which_could_not_be_revoked_is_refused(identity, kind):
    assert await refusal(identity.verifier(), identity.token(kind=kind, sid=None)) == "no session"


@pytest.mark.parametrize("claim", [{"roles": "reviewer"}, {"roles": [1]}, {"agency": 22}, {"scope": ["a"]}, {"sid": 1}])
async def test_claim_of_the_wrong_type_is_refused(identity, claim):
    assert await refusal(identity.verifier(), identity.token(**claim)) == "claim type"


async def test_service_assertion_is_no_access_token(identity):
    assert await refusal(identity.verifier(), identity.token(typ=ASSERTION)) == "typ"
    assert await refusal(identity.verifier(), identity.token(typ="JWT")) == "typ"


async def test_token_of_another_issuer_or_audience_is_refused(identity):
    verifier = identity.verifier()
    assert await refusal(verifier, identity.token(iss="review")) == "issuer"
    assert await refusal(verifier, identity.token(aud="review")) == "audience"


async def test_unknown_key_is_refused_and_asked_for_only_now_and_then(identity):
    verifier = identity.verifier()
    stranger = ec.generate_private_key(ec.SECP256R1())
    for _ in range(5):
        assert await refusal(verifier, identity.token(key=stranger)) == "unknown key"
    assert identity.asked == 1
    identity.now += RETRY_S
    assert await refusal(verifier, identity.token(key=stranger)) == "unknown key"
    assert identity.asked == 2


async def test_many_at_once_cause_one_fetch(identity):
    verifier = identity.verifier()
    await asyncio.gather(*(verifier.verify(identity.token()) for _ in range(20)))
    assert identity.asked == 1


@pytest.mark.req("I5", part="key rotation without an outage")
async def test_new_key_is_found_and_the_old_one_still_counts(identity):
    verifier = identity.verifier()
    old = identity.token()
    await verifier.verify(old)
    identity.rotate()
    identity.now += RETRY_S
    await verifier.verify(identity.token())
    await verifier.verify(old)
    assert identity.asked == 2


async def test_withdrawn_key_stops_to_count(identity):
    verifier = identity.verifier()
    old = identity.token()
    await verifier.verify(old)
    identity.rotate(keep=False)
    identity.now += REFRESH_S
    assert await refusal(verifier, old) == "unknown key"


async def test_old_keys_stay_in_use_while_identity_is_away(identity):
    verifier = identity.verifier()
    await verifier.verify(identity.token())
    identity.is_away = True
    identity.now += REFRESH_S * 2
    with capture_logs() as logs:
        await verifier.verify(identity.token())
        await verifier.verify(identity.token())
    assert logs == [{"event": "key set not fetched", "error": "OSError", "log_level": "warning"}]


@pytest.mark.parametrize("document", [{"keys": []}, {}, {"keys": [{"kty": "RSA"}]}])
async def test_useless_key_set_does_not_replace_a_good_one(identity, document):
    verifier = identity.verifier()
    await verifier.verify(identity.token())
    identity.document = document
    identity.now += REFRESH_S
    await verifier.verify(identity.token())
    assert identity.asked == 2


async def test_nothing_can_be_said_without_any_key(identity):
    verifier = identity.verifier()
    identity.is_away = True
    with pytest.raises(Unavailable):
        await verifier.verify(identity.token())
    identity.is_away = False
    identity.now += RETRY_S
    await verifier.verify(identity.token())


@pytest.mark.req("I5", part="revocation")
async def test_token_of_a_revoked_session_is_refused_at_once(identity):
    revoked: set[str] = set()
    verifier = identity.verifier(is_revoked=revoked.__contains__)
    await verifier.verify(identity.token())
    revoked.add("session-1")
    assert await refusal(verifier, identity.token()) == "revoked"
    await verifier.verify(identity.token(sid="session-2"))
    await verifier.verify(identity.token(kind="client", sid=None))
