"""Who may call a route: ``principal: Annotated[Principal, Depends(allow("officer:reviewer"))]``.

| word | admits |
| --- | --- |
| ``anyone`` | everybody, without a token (the dependency gives None) |
| ``citizen`` | a citizen |
| ``holder`` | the holder of an anonymous journey's secret, through the gateway |
| ``officer``, ``officer:reviewer`` | any officer; an officer with that role |
| ``service``, ``service:gateway`` | any service; that service |
| ``client``, ``client:definitions.publish`` | any partner client; one with that scope |

With ``anyone`` beside others, whoever brings a token that fits is known; a bad token is refused even there.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Protocol

from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from structlog.stdlib import get_logger

from kit.auth.persons import PersonVerifier
from kit.auth.principal import Principal
from kit.auth.services import ServiceVerifier
from kit.auth.tokens import ASSERTION, TokenRefused, header_of
from kit.errors import Forbidden, Unauthenticated

ANYONE = "anyone"

log = get_logger("paet.auth")

_QUALIFIED: dict[str, Callable[[Principal, str], bool]] = {
    "officer": lambda principal, role: role in principal.roles,
    "service": lambda principal, name: principal.subject == name,
    "client": lambda principal, scope: scope in principal.scopes,
}
_WORD = re.compile(r"anyone|citizen|holder|(officer|service|client)(:[a-z][a-z0-9._-]*)?")


class Verifier(Protocol):
    """What `allow` finds at ``request.app.state.kit.verifier``."""

    async def authenticate(self, authorization: str) -> Principal:
        """Judge an Authorization header; TokenRefused or Unavailable."""


class Authenticator:
    """Judges an Authorization header by the kind of token in it."""

    def __init__(self, person: PersonVerifier, service: ServiceVerifier) -> None:
        self._person = person
        self._service = service

    async def authenticate(self, authorization: str) -> Principal:
        """Return who asks; TokenRefused, or Unavailable when it cannot be judged now."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise TokenRefused("scheme")
        header = header_of(token)
        if header.typ == ASSERTION:
            return self._service.verify(token, header)
        return await self._person.verify(token, header)


class Allow:
    """The dependency; `allowed` says who may pass, for tests to read."""

    def __init__(self, *who: str) -> None:
        if not who or not all(_WORD.fullmatch(word) for word in who):
            raise ValueError(f"not a word of the grammar in {who}")
        self.allowed = who

    async def __call__(self, request: Request) -> Principal | None:
        """Give the principal; Unauthenticated (401) or Forbidden (403)."""
        if self.allowed == (ANYONE,):
            return None
        headers = request.headers.getlist("authorization")
        if not headers and ANYONE not in self.allowed:
            raise Unauthenticated()
        principal = await _authenticate(request, headers) if headers else None
        if principal is not None and any(_admits(word, principal) for word in self.allowed):
            return principal
        if ANYONE not in self.allowed:
            raise Forbidden()
        return None


class _Guarded(Allow, SecurityBase):
    """The same, shown in OpenAPI as a bearer token."""

    model = HTTPBearer(bearerFormat="JWT")
    scheme_name = "bearer"


@cache
def allow(*who: str) -> Allow:
    """Build the dependency that admits whom the words name; ValueError for a word outside the grammar."""
    return Allow(*who) if who == (ANYONE,) else _Guarded(*who)


def _admits(word: str, principal: Principal) -> bool:
    kind, _, qualifier = word.partition(":")
    if kind != principal.kind:
        return False
    return not qualifier or _QUALIFIED[kind](principal, qualifier)


async def _authenticate(request: Request, headers: list[str]) -> Principal:
    """Verify the token once per request, however many dependencies ask."""
    known: Principal | None = request.scope.get("state", {}).get("principal")
    if known is not None:
        return known
    try:
        if len(headers) > 1:
            raise TokenRefused("several Authorization headers")
        verifier: Verifier = request.app.state.kit.verifier
        request.state.principal = principal = await verifier.authenticate(headers[0])
    except TokenRefused as refused:
        log.info("token refused", reason=refused.reason)
        raise
    return principal
