"""One test per weakness that the token module guards against (requirement Y7)."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jws, jwt

from kit.auth.keys import Jwks, thumbprint
from kit.auth.tokens import ACCESS, LEEWAY_S, MAX_CHARACTERS, TokenRefused, header_of, sign, verify
from kit.clock import clock

KEY = ec.generate_private_key(ec.SECP256R1())
KID = thumbprint(KEY)
VERIFYING = Jwks([KEY.public_key()]).get(KID)
AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
NOW = int(AT.timestamp())
CLAIMS = {"iss": "me", "sub": "3100100000022", "aud": "paet", "iat": NOW, "exp": NOW + 600, "jti": "1"}
HEADER = {"alg": "ES256", "kid": KID, "typ": ACCESS}


@pytest.fixture(autouse=True)
def at():
    with clock.freeze(AT) as advance:
        yield advance


def encode(raw: bytes | dict) -> str:
    return urlsafe_b64encode(raw if isinstance(raw, bytes) else json.dumps(raw).encode()).rstrip(b"=").decode()


def forge(header: bytes | dict = HEADER, payload: bytes | dict = CLAIMS, key=KEY, curve_bytes: int = 32) -> str:
    """Sign with ES256 whatever the header and the payload are."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    signed = f"{encode(header)}.{encode(payload)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{encode(r.to_bytes(curve_bytes) + s.to_bytes(curve_bytes))}"


def judge(token: str) -> dict:
    header_of(token)
    return verify(token, VERIFYING, issuer="me", audience="paet", max_life_s=3600)


def refusal(token: str) -> str:
    with pytest.raises(TokenRefused) as caught:
        judge(token)
    refused = caught.value
    assert refused.status == 401
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    shown = f"{refused!r} {refused} {refused.reason} {refused.extensions}"
    assert token[:20] not in shown
    assert CLAIMS["sub"] not in shown
    return refused.reason


def library_accepts(token: str, key: object, algorithms: list[str]) -> bool:
    with_times_off = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    return bool(jwt.decode(token, key, algorithms=algorithms, audience="paet", options=with_times_off))


def test_token_that_is_right_in_everything_is_accepted():
    token = sign(CLAIMS, KEY, KID, ACCESS)
    assert judge(token) == CLAIMS
    assert judge(forge()) == CLAIMS
    assert (header_of(token).kid, header_of(token).typ) == (KID, ACCESS)


@pytest.mark.req("Y7", part="missing aud")
def test_token_without_audience_which_the_library_accepts_is_refused():
    token = forge(payload={name: value for name, value in CLAIMS.items() if name != "aud"})
    assert library_accepts(token, VERIFYING, ["ES256"])
    assert refusal(token) == "missing claim"


@pytest.mark.req("Y7", part="unknown crit")
@pytest.mark.parametrize("crit", [["b64"], ["anything"], []])
def test_critical_extension_which_the_library_ignores_is_refused(crit):
    token = forge(header=HEADER | {"crit": crit})
    assert library_accepts(token, VERIFYING, ["ES256"])
    assert refusal(token) == "critical extension"


@pytest.mark.req("Y7", part="foreign algorithms")
def test_hmac_forged_with_the_der_public_key_which_the_library_accepts_is_refused():
    der = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    token = jwt.encode(CLAIMS, der, algorithm="HS256", headers={"kid": KID, "typ": ACCESS})
    assert library_accepts(token, der, ["ES256", "HS256"])
    assert refusal(token) == "algorithm"


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "RS256", "ES384", "es256", "", None, 256, ["ES256"]])
def test_any_other_algorithm_is_refused_before_the_library_sees_the_token(alg, monkeypatch):
    monkeypatch.setattr(jws, "verify", lambda *args, **kwargs: pytest.fail("the library was asked"))
    assert refusal(forge(header=HEADER | {"alg": alg})) == "algorithm"
    assert refusal(forge(header={"kid": KID, "typ": ACCESS})) == "algorithm"


def test_unsigned_token_is_refused():
    signed = f"{encode(HEADER)}.{encode(CLAIMS)}"
    assert refusal(f"{signed}.") == "not a compact token"
    assert refusal(f"{signed}.{encode(b'')}") == "not a compact token"
    assert refusal(f"{signed}.{encode(bytes(64))}") == "signature"


def test_changed_claims_and_foreign_signatures_are_refused():
    header, _, signature = forge().split(".")
    other = ec.generate_private_key(ec.SECP256R1())
    assert refusal(f"{header}.{encode(CLAIMS | {'sub': 'another'})}.{signature}") == "signature"
    assert refusal(forge(key=other)) == "signature"
    mac = hmac.new(b"k", f"{header}.{encode(CLAIMS)}".encode(), hashlib.sha256).digest()
    assert refusal(f"{header}.{encode(CLAIMS)}.{encode(mac)}") == "signature"


def test_signature_of_another_curve_is_refused():
    assert refusal(forge(key=ec.generate_private_key(ec.SECP384R1()), curve_bytes=48)) == "signature"


@pytest.mark.parametrize("extra", ["jwk", "jku", "x5u", "x5c", "zip", "b64", "cty"])
def test_header_that_brings_its_own_key_or_anything_else_is_refused(extra):
    assert refusal(forge(header=HEADER | {extra: "x"})) == "header members"


@pytest.mark.parametrize("missing", ["kid", "typ"])
def test_header_without_key_or_kind_is_refused(missing):
    assert refusal(forge(header={name: value for name, value in HEADER.items() if name != missing})) == (
        "header members"
    )
    assert refusal(forge(header=HEADER | {missing: 1})) == "header members"


@pytest.mark.parametrize("missing", ["iss", "sub", "aud", "iat", "exp", "jti"])
def test_missing_claim_is_refused_and_never_signed(missing):
    claims = {name: value for name, value in CLAIMS.items() if name != missing}
    assert refusal(forge(payload=claims)) == "missing claim"
    with pytest.raises(ValueError, match=missing):
        sign(claims, KEY, KID, ACCESS)


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "jti"])
@pytest.mark.parametrize("value", ["", None, 1, ["paet"], {}])
def test_claim_of_the_wrong_type_is_refused(name, value):
    assert refusal(forge(payload=CLAIMS | {name: value})) == "claim type"


def test_foreign_issuer_and_audience_are_refused():
    assert refusal(forge(payload=CLAIMS | {"iss": "other"})) == "issuer"
    assert refusal(forge(payload=CLAIMS | {"aud": "other"})) == "audience"


def test_expiry_follows_our_clock_not_the_systems(at):
    token = forge()
    at(timedelta(seconds=600 + LEEWAY_S - 1))
    assert judge(token) == CLAIMS
    at(timedelta(seconds=1))
    assert refusal(token) == "expired"


@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_token_from_the_future_is_refused(name):
    within = CLAIMS | {name: NOW + LEEWAY_S}
    assert judge(forge(payload=within)) == within
    assert refusal(forge(payload=CLAIMS | {name: NOW + LEEWAY_S + 1})) == "not yet valid"


@pytest.mark.parametrize("name", ["iat", "exp", "nbf"])
@pytest.mark.parametrize("value", [str(NOW), True, None, NOW + 0.5, [NOW], {}])
def test_time_that_is_no_whole_number_is_refused(name, value):
    assert refusal(forge(payload=CLAIMS | {name: value})) == "time type"


@pytest.mark.parametrize("name", ["iat", "exp"])
@pytest.mark.parametrize("value", [b"1e999", b"NaN", b"Infinity", b"9" * 4000])
def test_monstrous_number_is_refused(name, value):
    payload = json.dumps(CLAIMS | {name: "@"}).encode().replace(b'"@"', value)
    assert refusal(forge(payload=payload)) in {"time type", "not yet valid", "life too long"}


@pytest.mark.req("I5", part="short life")
def test_long_lived_token_is_refused_though_signed():
    assert judge(forge(payload=CLAIMS | {"exp": NOW + 3600}))
    assert refusal(forge(payload=CLAIMS | {"exp": NOW + 3601})) == "life too long"
    assert refusal(forge(payload=CLAIMS | {"exp": NOW, "iat": NOW})) == "life too long"


@pytest.mark.parametrize("raw", [b"", b"[]", b"1", b"null", b"{", b"\xff\xfe", b"[" * 5000, b'"x"'])
def test_what_is_no_json_object_is_refused(raw):
    if raw:
        assert refusal(forge(header=raw)) in {"not JSON", "not an object"}
        assert refusal(forge(payload=raw)) in {"not JSON", "not an object"}


def test_member_given_twice_is_refused():
    twice = json.dumps(CLAIMS)[:-1].encode() + b', "sub": "admin"}'
    assert refusal(forge(payload=twice)) == "member given twice"
    header = json.dumps(HEADER)[:-1].encode() + b', "alg": "none"}'
    assert refusal(forge(header=header)) == "member given twice"


def test_oversize_token_is_refused_unread():
    assert refusal("a" * MAX_CHARACTERS + ".a.a") == "too long"
    assert refusal(forge(payload=CLAIMS | {"pad": "x" * MAX_CHARACTERS})) == "too long"


@pytest.mark.parametrize("mark", ["=", "!", " ", "\n", "é", "%"])
def test_text_that_a_lenient_decoder_would_overlook_is_refused(mark):
    token = forge()
    for broken in (token + mark, mark + token, token.replace(".", f"{mark}.", 1)):
        assert refusal(broken) == "not a compact token"


@pytest.mark.parametrize("token", ["", ".", "..", "a", "a.b", "a.b.c.d", "a.b.c.d.e"])
def test_what_is_no_compact_token_is_refused(token):
    with pytest.raises(TokenRefused):
        judge(token)


def test_base64_that_cannot_be_is_refused():
    _, payload, signature = forge().split(".")
    assert refusal(f"abcde.{payload}.{signature}") == "not JSON"
    assert refusal(f"{encode(HEADER)}.abcde.{signature}") == "signature"
