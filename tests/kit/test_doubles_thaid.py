"""The ThaiD double over real sockets: the code flow of §4.3, what it refuses, what it does wrong."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError
from joserfc.jwk import KeySet

from kit.local.doubles import NotDevelopmentError, running
from kit.local.doubles.thaid import create_app
from kit.local.doubles.thaid.people import SCOPES
from kit.local.ports import free_port

CLIENT = ("paet", "a secret: with %2B+ and ไทย")
REDIRECT = "http://127.0.0.1:8000/v1/sessions/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CITIZEN, OFFICER = "1101700000010", "1999900000013"
ALL = " ".join(SCOPES)


@dataclass
class ThaiD:
    """A relying party's view of the double."""

    url: str
    http: httpx.Client

    def metadata(self) -> dict[str, Any]:
        return self.http.get(f"{self.url}/.well-known/openid-configuration").raise_for_status().json()

    def authorize(self, **change: str | None) -> httpx.Response:
        asked = {
            "response_type": "code", "client_id": CLIENT[0], "redirect_uri": REDIRECT, "scope": ALL,
            "state": "st", "nonce": "no", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
            "login_hint": CITIZEN,
        }  # fmt: skip
        params = {key: value for key, value in (asked | change).items() if value is not None}
        return self.http.get(self.metadata()["authorization_endpoint"], params=params)

    def code(self, **change: str | None) -> str:
        return returned(self.authorize(**change))["code"]

    def token(self, code: str, auth: tuple[str, str] = CLIENT, **change: str | None) -> httpx.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT,
                "code_verifier": VERIFIER}  # fmt: skip
        data = {key: value for key, value in (form | change).items() if value is not None}
        return self.http.post(self.metadata()["token_endpoint"], data=data, auth=basic(auth))

    def claims(self, **change: str | None) -> dict[str, Any]:
        return self.verified(self.token(self.code(**change)).raise_for_status().json()["id_token"])

    def verified(self, token: str) -> dict[str, Any]:
        metadata = self.metadata()
        keys = KeySet.import_key_set(self.http.get(metadata["jwks_uri"]).raise_for_status().json())
        return jwt.decode(token, keys, metadata["id_token_signing_alg_values_supported"]).claims

    def misbehave(self, mode: str, **more: Any) -> None:
        answer = self.http.post(f"{self.url}/_control/misbehave", json={"mode": mode, **more})
        answer.raise_for_status()


def basic(auth: tuple[str, str]) -> httpx.BasicAuth:
    return httpx.BasicAuth(auth[0].encode(), auth[1].encode())


def returned(answer: httpx.Response) -> dict[str, str]:
    """What came back in the redirect."""
    assert answer.status_code == 303, answer.text
    split = urlsplit(answer.headers["location"])
    assert answer.headers["location"].startswith(REDIRECT + "?")
    return {key: values[0] for key, values in parse_qs(split.query, strict_parsing=True).items()}


@pytest.fixture(scope="module", params=["RS256", "ES256"])
def server(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAET_ENVIRONMENT", "development")
        port = free_port()
        app = create_app(
            issuer=f"http://127.0.0.1:{port}/",
            client_id=CLIENT[0],
            client_secret=CLIENT[1],
            redirect_uris=[REDIRECT],
            algorithm=request.param,
        )
    with running(app, port) as url:
        yield url


@pytest.fixture
def thaid(server):
    with httpx.Client(timeout=10) as http:
        yield ThaiD(server, http)
        http.delete(f"{server}/_control/misbehave").raise_for_status()


def test_refuses_to_be_built_outside_development(monkeypatch):
    for environment in ("production", "", "Development"):
        monkeypatch.setenv("PAET_ENVIRONMENT", environment)
        with pytest.raises(NotDevelopmentError):
            create_app(issuer="http://x", client_id="a", client_secret="b", redirect_uris=[])


def test_discovery_names_the_documented_paths(thaid):
    metadata = thaid.metadata()
    assert metadata["issuer"] == thaid.url
    assert metadata["authorization_endpoint"] == f"{thaid.url}/api/v2/oauth2/auth/"
    assert metadata["token_endpoint"] == f"{thaid.url}/api/v2/oauth2/token/"
    assert metadata["introspection_endpoint"] == f"{thaid.url}/api/v2/oauth2/introspect/"
    assert metadata["revocation_endpoint"] == f"{thaid.url}/api/v2/oauth2/revoke/"
    assert metadata["jwks_uri"] == f"{thaid.url}/jwks/"
    assert metadata["scopes_supported"] == list(SCOPES)


def test_the_code_flow_ends_in_a_signed_id_token(thaid):
    back = returned(thaid.authorize())
    assert back["state"] == "st"
    answer = thaid.token(back["code"])
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "scope", "id_token"}
    assert body["scope"] == ALL
    claims = thaid.verified(body["id_token"])
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (thaid.url, CLIENT[0], "no")
    assert claims["iat"] <= datetime.now(UTC).timestamp() < claims["exp"]
    assert claims["pid"] == CITIZEN
    assert claims["name"] == "นาย ทดสอบ หนึ่ง"
    assert claims["address"] == {"formatted": "1/1 หมู่ที่ 0 ตำบลสมมติ อำเภอทดสอบ จังหวัดตัวอย่าง"}
    assert claims["ial"] == "2.3"
    digest = hashlib.sha256(body["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.mark.parametrize("scope", SCOPES[1:])
def test_each_scope_yields_its_claim_and_no_other(thaid, scope):
    about_people = set(thaid.claims(scope=f"openid {scope}")) & set(SCOPES)
    assert about_people == {scope}


def test_without_openid_there_is_no_id_token(thaid):
    assert "id_token" not in thaid.token(thaid.code(scope="pid")).json()


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "another"},
        {"client_id": None},
        {"redirect_uri": REDIRECT + "/"},
        {"redirect_uri": REDIRECT + "?a=b"},
        {"redirect_uri": "http://127.0.0.1:8001/v1/sessions/callback"},
        {"redirect_uri": None},
    ],
)
def test_an_unregistered_client_or_address_is_never_redirected(thaid, change):
    answer = thaid.authorize(**change)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"state": None}, "invalid_request"),
        ({"scope": "openid salary"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
    ],
)
def test_a_wrong_request_goes_back_as_an_error(thaid, change, error):
    back = returned(thaid.authorize(**change))
    assert back["error"] == error
    assert back.get("state") == (None if change.get("state", "st") is None else "st")


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": "w" * 64},
        {"code_verifier": None},
        {"redirect_uri": REDIRECT + "/"},
        {"redirect_uri": None},
        {"code": "unknown"},
    ],
)
def test_a_code_is_worth_nothing_without_what_belongs_to_it(thaid, change):
    answer = thaid.token(**({"code": thaid.code()} | change))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_pkce_is_optional_as_at_the_real_provider(thaid):
    code = thaid.code(code_challenge=None, code_challenge_method=None)
    assert thaid.token(code, code_verifier=None).status_code == 200


def test_a_code_is_spent_once_and_its_replay_revokes_the_tokens(thaid):
    code = thaid.code()
    access = thaid.token(code).json()["access_token"]
    assert introspected(thaid, access)["active"] is True
    replay = thaid.token(code)
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    assert introspected(thaid, access) == {"active": False}


def test_codes_and_access_tokens_expire(monkeypatch):
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    port, at = free_port(), [datetime(2026, 11, 22, tzinfo=UTC)]
    app = create_app(
        issuer=f"http://127.0.0.1:{port}", client_id=CLIENT[0], client_secret=CLIENT[1],
        redirect_uris=[REDIRECT], now=lambda: at[0],
    )  # fmt: skip
    with running(app, port) as url, httpx.Client() as http:
        thaid = ThaiD(url, http)
        early, late = thaid.code(), thaid.code()
        at[0] = datetime(2026, 11, 22, 0, 0, 59, tzinfo=UTC)
        access = thaid.token(early).raise_for_status().json()["access_token"]
        at[0] = datetime(2026, 11, 22, 0, 1, 0, tzinfo=UTC)
        assert thaid.token(late).json()["error"] == "invalid_grant"
        assert introspected(thaid, access)["active"] is True
        at[0] = datetime(2026, 11, 22, 0, 6, 0, tzinfo=UTC)
        assert introspected(thaid, access) == {"active": False}


@pytest.mark.parametrize("auth", [(CLIENT[0], "wrong"), ("another", CLIENT[1]), ("", "")])
def test_a_wrong_client_secret_is_refused(thaid, auth):
    answer = thaid.token(thaid.code(), auth=auth)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic !", "Basic /w=="])
def test_a_broken_authorization_header_is_refused(thaid, header):
    url = thaid.metadata()["token_endpoint"]
    answer = thaid.http.post(url, data={"code": thaid.code()}, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_form_encoded_client_credentials_are_understood(thaid):
    encoded = (CLIENT[0], "a+secret%3A+with+%252B%2B+and+%E0%B9%84%E0%B8%97%E0%B8%A2")
    assert thaid.token(thaid.code(), auth=encoded).status_code == 200


def test_a_refresh_token_works_once(thaid):
    refresh = thaid.token(thaid.code()).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    url = thaid.metadata()["token_endpoint"]
    assert thaid.http.post(url, data=form, auth=basic(CLIENT)).status_code == 200
    assert thaid.http.post(url, data=form, auth=basic(CLIENT)).json()["error"] == "invalid_grant"
    other = thaid.http.post(url, data={"grant_type": "password"}, auth=basic(CLIENT))
    assert other.json()["error"] == "unsupported_grant_type"


def test_introspection_and_revocation(thaid):
    body = thaid.token(thaid.code(scope="openid pid")).json()
    assert introspected(thaid, body["access_token"]) == {
        "active": True, "sub": thaid.verified(body["id_token"])["sub"], "scope": "openid pid",
    }  # fmt: skip
    url = thaid.metadata()["revocation_endpoint"]
    revoked = thaid.http.post(url, data={"token": body["access_token"]}, auth=basic(CLIENT))
    assert set(revoked.json()) == {"message"}
    assert introspected(thaid, body["access_token"]) == {"active": False}
    assert thaid.http.post(url, data={"token": "unknown"}, auth=basic(CLIENT)).status_code == 200
    assert thaid.http.post(url, data={"token": "unknown"}).status_code == 401


def introspected(thaid: ThaiD, token: str) -> dict[str, Any]:
    url = thaid.metadata()["introspection_endpoint"]
    return thaid.http.post(url, data={"token": token}, auth=basic(CLIENT)).raise_for_status().json()


def test_the_page_lists_the_people_without_their_numbers_and_signs_in(thaid):
    page = thaid.authorize(login_hint=None).text
    assert "นาย ทดสอบ หนึ่ง" in page
    assert CITIZEN not in page
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)[1]
    person = re.search(r'name="person" value="([^"]+)">นางสาว ทดสอบ กลาง สอง<', page)[1]
    form = {"ticket": ticket, "person": person}
    back = returned(thaid.http.post(f"{thaid.url}/login", data=form))
    assert thaid.verified(thaid.token(back["code"]).json()["id_token"])["pid"] == "3100100000022"
    assert thaid.http.post(f"{thaid.url}/login", data=form).status_code == 400


def test_deny_on_the_page(thaid):
    ticket = re.search(r'name="ticket" value="([^"]+)"', thaid.authorize(login_hint=None).text)[1]
    back = returned(thaid.http.post(f"{thaid.url}/login", data={"ticket": ticket, "person": ""}))
    assert back == {"error": "access_denied", "state": "st"}


def test_the_control_signs_in_the_next_request_only(thaid):
    set_next = f"{thaid.url}/_control/login"
    assert thaid.http.post(set_next, json={"pid": "9999999999999"}).status_code == 404
    assert thaid.http.post(set_next, json={"pid": OFFICER}).status_code == 204
    assert thaid.claims(login_hint=None)["pid"] == OFFICER
    assert thaid.authorize(login_hint=None).status_code == 200


def test_rotation_changes_the_kid_and_keeps_the_old_key_for_a_while(thaid):
    old = thaid.token(thaid.code()).json()["id_token"]
    kid = thaid.http.post(f"{thaid.url}/_control/rotate").json()["kid"]
    new = thaid.token(thaid.code()).json()["id_token"]
    assert header(new)["kid"] == kid != header(old)["kid"]
    assert thaid.verified(old)["pid"] == thaid.verified(new)["pid"] == CITIZEN
    thaid.http.post(f"{thaid.url}/_control/rotate", json={"drop_old": True}).raise_for_status()
    with pytest.raises(InvalidKeyIdError):
        thaid.verified(new)


def header(token: str) -> dict[str, Any]:
    part = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.mark.parametrize(
    ("mode", "claim", "value"),
    [
        ("wrong-nonce", "nonce", "another"),
        ("no-nonce", "nonce", None),
        ("wrong-issuer", "iss", "https://another.invalid"),
        ("wrong-audience", "aud", "another"),
        ("low-ial", "ial", "1.3"),
        ("birthdate-be", "birthdate", "2533-05-01"),
        ("birthdate-year", "birthdate", "1990"),
        ("birthdate-be-year", "birthdate", "2533"),
    ],
)
def test_a_wrong_claim_is_properly_signed_and_wrong_once(thaid, mode, claim, value):
    right = thaid.claims().get(claim)
    thaid.misbehave(mode, times=1)
    assert thaid.claims().get(claim) == value != right
    assert thaid.claims().get(claim) == right


def test_an_expired_token_is_properly_signed(thaid):
    thaid.misbehave("expired")
    assert thaid.claims()["exp"] < datetime.now(UTC).timestamp() - 3600


@pytest.mark.parametrize(("mode", "refusal"), [("tampered", BadSignatureError), ("unknown-kid", InvalidKeyIdError)])
def test_a_wrong_signature(thaid, mode, refusal):
    thaid.misbehave(mode)
    with pytest.raises(refusal):
        thaid.claims()


def test_an_unsigned_token(thaid):
    thaid.misbehave("alg-none")
    token = thaid.token(thaid.code()).json()["id_token"]
    assert header(token) == {"alg": "none", "typ": "JWT"}
    assert token.endswith(".")


def test_a_fault_may_be_about_one_person(thaid):
    thaid.misbehave("denied", match=OFFICER)
    assert "code" in returned(thaid.authorize())
    assert returned(thaid.authorize(login_hint=OFFICER)) == {"error": "access_denied", "state": "st"}


def test_another_state(thaid):
    thaid.misbehave("wrong-state")
    assert returned(thaid.authorize())["state"] != "st"


def test_outage_and_recovery(thaid):
    code = thaid.code()
    url = thaid.metadata()["token_endpoint"]
    thaid.misbehave("outage")
    for path in ("/.well-known/openid-configuration", "/jwks/", "/api/v2/oauth2/auth/"):
        assert thaid.http.get(thaid.url + path).status_code == 503
    assert thaid.http.post(url, auth=basic(CLIENT)).status_code == 503
    thaid.http.delete(f"{thaid.url}/_control/misbehave").raise_for_status()
    assert thaid.token(code).status_code == 200


def test_slow(thaid):
    thaid.misbehave("slow", seconds=0.3, times=1)
    assert thaid.http.get(f"{thaid.url}/jwks/").elapsed.total_seconds() >= 0.3
    assert thaid.http.get(f"{thaid.url}/_control/misbehave").json()["active"] == []


def test_an_unknown_mode_is_refused_and_the_modes_are_told(thaid):
    answer = thaid.http.post(f"{thaid.url}/_control/misbehave", json={"mode": "explode"})
    assert answer.status_code == 422
    assert "tampered" in thaid.http.get(f"{thaid.url}/_control/misbehave").json()["known"]
