"""The ThaiD double as an application."""

from collections.abc import Callable, Iterable
from datetime import datetime

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from kit.clock import clock
from kit.local.doubles import require_development
from kit.local.doubles.misbehaviour import Misbehaviour
from kit.local.doubles.thaid import routes
from kit.local.doubles.thaid.grants import Grants, RefusedError
from kit.local.doubles.thaid.keys import Algorithm, KeyRing
from kit.local.doubles.thaid.people import People
from kit.local.doubles.thaid.provider import Provider, Registration
from kit.local.doubles.thaid.tokens import TOKEN_MODES, Issuer

MODES = {
    "outage": "every endpoint answers 503",
    "slow": "every endpoint waits `seconds` first",
    "denied": "the person denies: error=access_denied",
    "wrong-state": "the redirect carries another state",
    **TOKEN_MODES,
}


def create_app(
    *,
    issuer: str,
    client_id: str,
    client_secret: str,
    redirect_uris: Iterable[str],
    people: People | None = None,
    algorithm: Algorithm = "RS256",
    code_seconds: float = 60,
    token_seconds: int = 300,
    now: Callable[[], datetime] = clock.now,
) -> FastAPI:
    """Build the double. `issuer` is its own base URL; `redirect_uris` are compared exactly.

    The signing algorithm of the real ThaiD is not known [K]; discovery names the one in use.
    Raises NotDevelopmentError outside development.
    """
    require_development()
    faults = Misbehaviour(MODES)
    app = FastAPI(title="ThaiD double", docs_url=None, redoc_url=None)
    app.state.provider = Provider(
        Registration(client_id, client_secret, tuple(redirect_uris)),
        Issuer(issuer.rstrip("/"), client_id, KeyRing(algorithm), faults, now),
        Grants(now, code_seconds, token_seconds),
        people or People.load(),
    )
    app.include_router(routes.public, dependencies=[Depends(faults.disturb)])
    app.include_router(routes.client, dependencies=[Depends(faults.disturb)])
    app.include_router(routes.control)
    app.include_router(faults.router())
    app.add_exception_handler(RefusedError, _refused)
    return app


async def _refused(_: Request, refused: Exception) -> JSONResponse:
    if not isinstance(refused, RefusedError):
        raise refused
    headers = {"WWW-Authenticate": 'Basic realm="thaid"'} if refused.status == 401 else None
    body = {"error": refused.code, "error_description": refused.description}
    return JSONResponse(body, refused.status, headers)
