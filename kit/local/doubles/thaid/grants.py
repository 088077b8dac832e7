"""What the ThaiD double has handed out: pending sign-ins, codes, tokens. In memory, gone with the process."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kit.local.doubles.thaid.people import SCOPES, Person


class RefusedError(Exception):
    """An OAuth error: `code` as RFC 6749 and OpenID Connect name it."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(f"{code}: {description}")
        self.code, self.description, self.status = code, description, status


@dataclass(frozen=True)
class Authorization:
    """A checked authorisation request."""

    redirect_uri: str
    scopes: list[str]
    state: str
    nonce: str | None
    challenge: str | None


@dataclass
class Grant:
    """A person's consent to one request; codes and tokens point at it."""

    request: Authorization
    person: Person
    signed_in_at: datetime
    spent: bool = False
    revoked: bool = False


@dataclass
class Grants:
    """Everything handed out. `now` gives the time, lives are in seconds."""

    now: Callable[[], datetime]
    code_seconds: float = 60
    token_seconds: int = 300
    pending: dict[str, Authorization] = field(default_factory=dict)
    _codes: dict[str, tuple[Grant, datetime]] = field(default_factory=dict)
    _access: dict[str, tuple[Grant, datetime]] = field(default_factory=dict)
    _refresh: dict[str, Grant] = field(default_factory=dict)

    def park(self, request: Authorization) -> str:
        """Keep a request while the login page is shown; returns its ticket."""
        ticket = secrets.token_urlsafe(16)
        self.pending[ticket] = request
        return ticket

    def code(self, request: Authorization, person: Person) -> str:
        """Make a single-use code."""
        code = secrets.token_urlsafe(24)
        grant = Grant(request, person, self.now())
        self._codes[code] = grant, self.now() + timedelta(seconds=self.code_seconds)
        return code

    def redeem(self, code: str, redirect_uri: str, verifier: str | None) -> Grant:
        """Spend a code for its grant; a code that comes again revokes what it gave (RFC 6749 §4.1.2)."""
        grant, until = self._codes.get(code, (None, None))
        if grant is None or until is None:
            raise RefusedError("invalid_grant", "unknown code")
        if grant.spent:
            grant.revoked = True
            raise RefusedError("invalid_grant", "the code was used before")
        grant.spent = True
        if self.now() >= until:
            raise RefusedError("invalid_grant", "the code has expired")
        if redirect_uri != grant.request.redirect_uri:
            raise RefusedError("invalid_grant", "redirect_uri differs from the authorisation request")
        _check_verifier(grant.request.challenge, verifier)
        return grant

    def refresh(self, token: str) -> Grant:
        """Spend a refresh token for its grant."""
        grant = self._refresh.pop(token, None)
        if grant is None or grant.revoked:
            raise RefusedError("invalid_grant", "unknown refresh token")
        return grant

    def tokens(self, grant: Grant) -> tuple[str, str]:
        """Make an access token and a refresh token."""
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._access[access] = grant, self.now() + timedelta(seconds=self.token_seconds)
        self._refresh[refresh] = grant
        return access, refresh

    def active(self, token: str) -> Grant | None:
        """Find the grant of a live access token, or None."""
        grant, until = self._access.get(token, (None, None))
        if grant is None or until is None or grant.revoked or self.now() >= until:
            return None
        return grant

    def revoke(self, token: str) -> None:
        """End a token and everything of its grant; unknown tokens are no error (RFC 7009)."""
        holders = [self._access[token][0]] if token in self._access else []
        holders += [self._refresh[token]] if token in self._refresh else []
        for grant in holders:
            grant.revoked = True


def read_request(params: Mapping[str, str]) -> Authorization:
    """Check an authorisation request; raises RefusedError, which goes to the redirect_uri."""
    if params.get("response_type") != "code":
        raise RefusedError("unsupported_response_type", "only code")
    if not params.get("state"):
        raise RefusedError("invalid_request", "state is required")
    scopes = params.get("scope", "").split()
    if not scopes or set(scopes) - set(SCOPES):
        raise RefusedError("invalid_scope", "missing or unknown scope")
    challenge = params.get("code_challenge")
    if challenge is not None and params.get("code_challenge_method") != "S256":
        raise RefusedError("invalid_request", "code_challenge_method must be S256")
    return Authorization(params["redirect_uri"], scopes, params["state"], params.get("nonce"), challenge)


def _check_verifier(challenge: str | None, verifier: str | None) -> None:
    if challenge is None:
        return
    digest = hashlib.sha256((verifier or "").encode()).digest()
    if urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
        raise RefusedError("invalid_grant", "code_verifier does not fit the challenge")
