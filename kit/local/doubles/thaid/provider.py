"""The ThaiD double itself: its registered client, its people, what it handed out. Knows no web framework."""

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus, urlencode

from kit.local.doubles.thaid.grants import Authorization, Grant, Grants, RefusedError
from kit.local.doubles.thaid.people import SCOPES, People, Person
from kit.local.doubles.thaid.tokens import Issuer

OAUTH = "/api/v2/oauth2"


@dataclass(frozen=True)
class Registration:
    """The one client of this double, as registered with "RP Admin"; redirect_uris are compared exactly."""

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]


@dataclass
class Provider:
    """State of one double, shared by its routes."""

    registration: Registration
    issuer: Issuer
    grants: Grants
    people: People
    next_person: Person | None = None

    def check_client(self, authorization: str) -> None:
        """HTTP Basic of the registered client (RFC 6749 §2.3.1), or RefusedError invalid_client."""
        scheme, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            given = ""
        expected = f"{self.registration.client_id}:{self.registration.client_secret}"
        # The standard wants both halves form-encoded; many clients send them as they are.
        decoded = ":".join(unquote_plus(part) for part in given.split(":", 1))
        if scheme.lower() != "basic" or not (_same(expected, given) or _same(expected, decoded)):
            raise RefusedError("invalid_client", "client authentication failed", 401)

    def check_address(self, client_id: str | None, redirect_uri: str | None) -> str:
        """Give the redirect_uri if both are registered; RefusedError otherwise, never redirected."""
        registration = self.registration
        if client_id != registration.client_id or redirect_uri not in registration.redirect_uris:
            raise RefusedError("invalid_request", "client_id or redirect_uri is not registered")
        return redirect_uri

    def take_person(self, hint: str | None) -> Person | None:
        """Who signs in without a page: the hinted person, else the one set over `/_control/login`."""
        if found := self.people.find(hint):
            return found
        found, self.next_person = self.next_person, None
        return found

    def answer(self, request: Authorization, person: Person | None) -> str:
        """Make the address that the browser goes back to: with a code, or with access_denied for nobody."""
        faults = self.issuer.faults
        if person is None or faults.take("denied", person.pid):
            return back(request.redirect_uri, request.state, error="access_denied")
        state = secrets.token_hex(8) if faults.take("wrong-state", person.pid) else request.state
        return back(request.redirect_uri, state, code=self.grants.code(request, person))

    def redeem(self, form: dict[str, str]) -> Grant:
        """Find the grant that a token request is about, or RefusedError."""
        if form.get("grant_type") == "authorization_code":
            redirect_uri, verifier = form.get("redirect_uri", ""), form.get("code_verifier")
            return self.grants.redeem(form.get("code", ""), redirect_uri, verifier)
        if form.get("grant_type") == "refresh_token":
            return self.grants.refresh(form.get("refresh_token", ""))
        raise RefusedError("unsupported_grant_type", "authorization_code or refresh_token")

    def tokens(self, grant: Grant) -> dict[str, Any]:
        """Make the token answer: access and refresh token, and an ID token where `openid` was asked."""
        access, refresh = self.grants.tokens(grant)
        seconds = self.grants.token_seconds
        answer = {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": seconds,
            "scope": " ".join(grant.request.scopes),
        }
        if "openid" in grant.request.scopes:
            answer["id_token"] = self.issuer.id_token(grant, access, seconds)
        return answer

    def metadata(self) -> dict[str, Any]:
        """Describe the provider: the discovery document."""
        base = self.issuer.url
        return {
            "issuer": base,
            "authorization_endpoint": f"{base}{OAUTH}/auth/",
            "token_endpoint": f"{base}{OAUTH}/token/",
            "introspection_endpoint": f"{base}{OAUTH}/introspect/",
            "revocation_endpoint": f"{base}{OAUTH}/revoke/",
            "jwks_uri": f"{base}/jwks/",
            "scopes_supported": SCOPES,
            "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", *SCOPES[1:]],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.issuer.keys.algorithm],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }


def back(redirect_uri: str, state: str | None, **params: str) -> str:
    """Write the redirect_uri with `params` and the state echoed."""
    query = urlencode({**params, **({"state": state} if state else {})})
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}"


def _same(expected: str, sent: str) -> bool:
    return secrets.compare_digest(expected.encode(), sent.encode())
