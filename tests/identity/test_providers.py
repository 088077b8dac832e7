"""What the double never does: tokens and discovery documents made by hand to slip past a check."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from kit.clock import clock
from kit.local.doubles import running
from kit.local.ports import free_port
from services.identity.domain import IdentityIncomplete, ProviderUnavailable, SignInRefused
from services.identity.providers import OidcProvider
from services.identity.providers.claims import proof_of
from services.identity.providers.id_token import KeySet, KeyUnknownError, checked_claims
from services.identity.providers.metadata import MetadataWrongError, read_metadata
from services.identity.settings import ProviderSettings
from tests.identity.conftest import SOMCHAI, thaid_settings

ISSUER = "https://thaid.example"
SETTINGS = ProviderSettings(**thaid_settings(ISSUER))
RSA, EC = RSAKey.generate_key(2048, {"kid": "rsa"}), ECKey.generate_key("P-256", {"kid": "ec"})
KEYS = KeySet.import_key_set({"keys": [RSA.as_dict(private=False), EC.as_dict(private=False)]})


def claims(**change: Any) -> dict[str, Any]:
    now = int(clock.now().timestamp())
    told = {
        "iss": ISSUER, "sub": "s", "aud": "paet", "iat": now, "exp": now + 300, "nonce": "n",
        "pid": SOMCHAI, "name": "นาย ก", "ial": "2.3",
    }  # fmt: skip
    return {name: value for name, value in (told | change).items() if value is not None}


def token(key: Any = RSA, algorithm: str = "RS256", header: dict[str, Any] | None = None, **change: Any) -> str:
    kid = {} if header == {} else {"kid": key.kid}
    return jwt.encode({"alg": algorithm, **kid, **(header or {})}, claims(**change), key, [algorithm])


def check(made: str, keys: KeySet = KEYS) -> dict[str, Any]:
    return checked_claims(made, keys, SETTINGS, nonce="n", access_token="a")


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256")])
def test_a_right_token_passes(key, algorithm):
    assert check(token(key, algorithm))["pid"] == SOMCHAI
    assert check(token(key, algorithm, aud=["paet"]))["pid"] == SOMCHAI
    assert check(token(key, algorithm, aud=["paet", "other"], azp="paet"))["pid"] == SOMCHAI


@pytest.mark.req("I1", part="the checks of the ID token")
@pytest.mark.parametrize(
    "change",
    [
        {"aud": "other", "azp": "paet"},
        {"aud": ["other"], "azp": "paet"},
        {"aud": ["paet", "other"]},
        {"aud": ["paet", "other"], "azp": "other"},
        {"aud": None},
        {"aud": []},
        {"iss": None},
        {"iss": f"{ISSUER}/"},
        {"sub": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": None},
        {"iat": int(clock.now().timestamp()) - 700, "exp": int(clock.now().timestamp()) + 700},
        {"nonce": None},
        {"nonce": "N"},
        {"at_hash": "AAAA"},
        {"auth_time": "yesterday"},
    ],
)
def test_a_signed_token_with_a_wrong_claim_is_refused(change):
    with pytest.raises(JoseError):
        check(token(**change))


@pytest.mark.req("I1", part="the checks of the ID token")
def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused():
    header = urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "rsa"}).encode()).rstrip(b"=")
    body = urlsafe_b64encode(json.dumps(claims()).encode()).rstrip(b"=")
    for secret in (RSA.as_pem(private=False), RSA.as_der(private=False)):
        mac = urlsafe_b64encode(hmac.digest(secret, header + b"." + body, "sha256")).rstrip(b"=")
        with pytest.raises(JoseError):
            check(b".".join((header, body, mac)).decode())


@pytest.mark.req("I1", part="the checks of the ID token")
def test_the_header_counts_too():
    with pytest.raises(JoseError):
        check(token(header={"crit": ["x"], "x": 1}))
    with pytest.raises(JoseError):  # a key of one kind named for the other's algorithm
        check(token(EC, "ES256", header={"kid": "rsa"}))
    with pytest.raises(KeyUnknownError):
        check(token(header={}))
    for rubbish in ("", "a.b.c", "a.b.c.d.e", "ก.ข.ค"):
        with pytest.raises((JoseError, ValueError)):
            check(rubbish)


@pytest.mark.parametrize(
    "change", [{"pid": None}, {"pid": ""}, {"pid": ["1"]}, {"pid": "1101700000011"}, {"name": None}]
)
def test_a_proof_needs_a_number_and_a_name(change):
    with pytest.raises(IdentityIncomplete):
        proof_of(SETTINGS, claims(**change))


@pytest.mark.parametrize(
    ("told", "believed"), [("2.3", "2.3"), (1.3, "1.3"), ("3", "2.3"), ("9.9", "1.1"), (None, "1.1")]
)
def test_a_level_is_believed_up_to_the_configured_one(told, believed):
    assert proof_of(SETTINGS, claims(ial=told)).ial == believed


@pytest.mark.parametrize(
    "told", [1e300, float("nan"), -1e300, clock.now().timestamp() + 1e6], ids=["late", "none", "early", "soon"]
)
def test_an_impossible_time_of_authentication_is_now_at_the_latest(told):
    assert abs(proof_of(SETTINGS, claims(auth_time=told)).authenticated_at - clock.now()) < timedelta(seconds=5)


def test_the_method_is_the_one_told_where_one_is_told():
    assert proof_of(SETTINGS, claims(amr=["face", "pin"])).method == "face pin"
    assert proof_of(SETTINGS, claims(amr="face")).method == "app"


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://another.example"},
        {"issuer": f"{ISSUER}/"},
        {"token_endpoint": "http://thaid.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
        {"code_challenge_methods_supported": ["plain"]},
    ],
)
def test_a_discovery_document_that_leads_astray_is_refused(change):
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    right = {"issuer": ISSUER, **{name: f"{ISSUER}/{name}" for name in names}}
    assert read_metadata(right, ISSUER).jwks_uri == f"{ISSUER}/jwks_uri"
    with pytest.raises(MetadataWrongError):
        read_metadata(right | change, ISSUER)


@pytest.fixture
def faulty():
    """A provider that answers what a test says, path by path."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    answers: dict[str, Any] = {
        "/.well-known/openid-configuration": {
            "issuer": url, "authorization_endpoint": f"{url}/a", "token_endpoint": f"{url}/t", "jwks_uri": f"{url}/j",
        },
        "/j": KEYS.as_dict(private=False),
        "/t": {},
    }  # fmt: skip
    app = FastAPI()

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def answer(request: Request):
        from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse

        told = answers[request.url.path]
        if isinstance(told, str):
            return RedirectResponse(told) if told.startswith("http") else PlainTextResponse(told)
        return JSONResponse(told)

    with running(app, port):
        yield url, answers


@pytest.mark.parametrize(
    ("path", "told", "problem"),
    [
        ("/.well-known/openid-configuration", "<html>", ProviderUnavailable),
        ("/.well-known/openid-configuration", [], ProviderUnavailable),
        ("/.well-known/openid-configuration", {}, ProviderUnavailable),
        ("/.well-known/openid-configuration", "http://127.0.0.1:9/", ProviderUnavailable),
        ("/j", {"keys": [{"kty": "RSA", "n": "?", "e": "?"}]}, ProviderUnavailable),
        ("/j", {}, ProviderUnavailable),
        ("/t", "not JSON", ProviderUnavailable),
        ("/t", {"access_token": "a"}, SignInRefused),
        ("/t", {"id_token": 7}, SignInRefused),
        ("/t", {"id_token": "a.b.c"}, SignInRefused),
        ("/t", {"id_token": "x" * 300_000}, ProviderUnavailable),
    ],
)
async def test_whatever_a_provider_answers_is_a_problem_never_a_crash(faulty, path, told, problem):
    url, answers = faulty
    answers["/t"] = {"access_token": "a", "id_token": token(iss=url)}
    answers[path] = told
    provider = OidcProvider(ProviderSettings(**thaid_settings(url)), "https://paet.example/callback")
    try:
        with pytest.raises(problem) as raised:
            await provider.prove("code", "n", "v")
        assert not isinstance(raised.value, httpx.HTTPError)
    finally:
        await provider.close()


async def test_what_is_signed_comes_before_what_stands_in_the_token_answer(faulty):
    url, answers = faulty
    provider = OidcProvider(ProviderSettings(**thaid_settings(url)), "https://paet.example/callback")
    answers["/t"] = {"access_token": "a", "id_token": token(iss=url, pid=None), "pid": SOMCHAI, "name": "นาย ปลอม"}
    proof = await provider.prove("code", "n", "v")
    assert (proof.pid, proof.name_th) == (SOMCHAI, "นาย ก")
    await provider.close()
