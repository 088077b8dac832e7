"""A proof shows that somebody has a key, to us, now; whatever shows less is refused."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jws

from kit.auth import TokenRefused, jwk_of, proven, public_of, thumbprint
from kit.auth.proofs import FAST_S
from kit.clock import clock

KEY = ec.generate_private_key(ec.SECP256R1())
AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
NOW = int(AT.timestamp())
HEADER = {"typ": "proof+jwt", "jwk": jwk_of(KEY)}
CLAIMS = {"aud": "us", "iat": NOW, "nonce": "n"}


@pytest.fixture(autouse=True)
def at():
    with clock.freeze(AT) as advance:
        yield advance


def proof(header=HEADER, claims=CLAIMS, key=KEY):
    return jws.sign(claims, key, headers=header, algorithm="ES256")


def judge(token):
    return proven(token, typ="proof+jwt", audience="us", life_s=300)


def refusal(token):
    with pytest.raises(TokenRefused) as caught:
        judge(token)
    return caught.value.reason


def test_a_right_proof_gives_its_key_and_nonce():
    found = judge(proof())
    assert (thumbprint(found.key), found.nonce) == (thumbprint(KEY), "n")
    assert judge(proof(claims={"aud": "us", "iat": NOW})).nonce is None


@pytest.mark.parametrize(
    ("header", "claims", "reason"),
    [
        (HEADER | {"typ": "at+jwt"}, CLAIMS, "typ"),
        (HEADER | {"kid": "1"}, CLAIMS, "header members"),
        (HEADER | {"x5c": []}, CLAIMS, "header members"),
        (HEADER | {"crit": ["b64"]}, CLAIMS, "critical extension"),
        ({"typ": "proof+jwt"}, CLAIMS, "key"),
        (HEADER | {"jwk": "x"}, CLAIMS, "key"),
        (HEADER | {"jwk": jwk_of(KEY) | {"d": "x"}}, CLAIMS, "key"),
        (HEADER | {"jwk": jwk_of(KEY) | {"y": jwk_of(KEY)["x"]}}, CLAIMS, "key"),
        (HEADER | {"jwk": jwk_of(KEY) | {"x": "\ud800"}}, CLAIMS, "key"),
        (HEADER | {"jwk": jwk_of(KEY) | {"x": jwk_of(KEY)["x"] + "A"}}, CLAIMS, "key"),
        (HEADER | {"jwk": jwk_of(ec.generate_private_key(ec.SECP256R1()))}, CLAIMS, "signature"),
        (HEADER, CLAIMS | {"aud": ["us"]}, "audience"),
        (HEADER, {"iat": NOW}, "audience"),
        (HEADER, {"aud": "us"}, "time type"),
        (HEADER, CLAIMS | {"iat": True}, "time type"),
        (HEADER, CLAIMS | {"iat": float(NOW)}, "time type"),
        (HEADER, CLAIMS | {"nonce": 1}, "claim type"),
    ],
)
def test_a_proof_that_shows_less_is_refused(header, claims, reason):
    assert refusal(proof(header, claims)) == reason


@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES256K", "RS256", "EdDSA"])
def test_another_algorithm_is_refused_before_anything_is_verified(algorithm):
    token = proof()
    header = urlsafe_b64encode(json.dumps(HEADER | {"alg": algorithm}).encode()).rstrip(b"=").decode()
    assert refusal(".".join([header, *token.split(".")[1:]])) == "algorithm"


def test_a_proof_is_as_fresh_as_the_nonce_in_it_and_may_be_a_little_ahead(at):
    at(timedelta(seconds=305))
    judge(proof())
    at(timedelta(seconds=1))
    assert refusal(proof()) == "expired"
    ahead = NOW + 306 + FAST_S
    judge(proof(claims=CLAIMS | {"iat": ahead}))
    assert refusal(proof(claims=CLAIMS | {"iat": ahead + 1})) == "not yet valid"


def test_only_a_public_p256_key_is_read():
    assert thumbprint(public_of(jwk_of(KEY) | {"kid": "any", "use": "sig"})) == thumbprint(KEY)
    for wrong in (None, [], {}, jwk_of(KEY) | {"crv": "P-384"}, jwk_of(KEY) | {"kty": "RSA"}, jwk_of(KEY) | {"x": 1}):
        with pytest.raises(ValueError, match="P-256"):
            public_of(wrong)
