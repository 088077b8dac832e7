"""Routes of the ThaiD double: what anybody may ask, what only the client may ask, and the controls."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel

from kit.local.doubles.thaid.grants import RefusedError, read_request
from kit.local.doubles.thaid.page import login_page
from kit.local.doubles.thaid.people import Person
from kit.local.doubles.thaid.provider import OAUTH, Provider, back

public = APIRouter()
client = APIRouter(prefix=OAUTH)
control = APIRouter(prefix="/_control", tags=["control"])


class Login(BaseModel):
    """Who answers the next authorisation request, by 13-digit number or `sub`."""

    pid: str


class Rotation(BaseModel):
    """How to rotate the signing key."""

    drop_old: bool = False


def _provider(request: Request) -> Provider:
    provider: Provider = request.app.state.provider
    return provider


Served = Annotated[Provider, Depends(_provider)]


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


async def _authenticated(
    request: Request, provider: Served, authorization: Annotated[str, Header()] = ""
) -> dict[str, str]:
    provider.check_client(authorization)
    return await _form(request)


ClientForm = Annotated[dict[str, str], Depends(_authenticated)]


@public.get("/.well-known/openid-configuration")
async def discovery(provider: Served) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0."""
    return provider.metadata()


@public.get("/jwks/")
async def jwks(provider: Served) -> dict[str, Any]:
    """Show the published keys."""
    return provider.issuer.keys.jwks()


@public.get(f"{OAUTH}/auth/")
async def authorize(request: Request, provider: Served) -> Response:
    """Authorisation endpoint. An unknown client or address is told here, never by a redirect.

    `login_hint` with a known 13-digit number or `sub` answers at once, without the page.
    """
    params = dict(request.query_params)
    redirect_uri = provider.check_address(params.get("client_id"), params.get("redirect_uri"))
    try:
        asked = read_request(params)
    except RefusedError as refused:
        return _redirect(back(redirect_uri, params.get("state"), error=refused.code))
    if person := provider.take_person(params.get("login_hint")):
        return _redirect(provider.answer(asked, person))
    return HTMLResponse(login_page(provider.grants.park(asked), asked.scopes, provider.people))


@public.post("/login")
async def login(request: Request, provider: Served) -> Response:
    """Take the form of the login page; no person means denied."""
    form = await _form(request)
    asked = provider.grants.pending.pop(form.get("ticket", ""), None)
    if asked is None:
        raise RefusedError("invalid_request", "unknown or used ticket")
    return _redirect(provider.answer(asked, provider.people.find(form.get("person"))))


@client.post("/token/")
async def token(form: ClientForm, provider: Served) -> JSONResponse:
    """Token endpoint: authorization_code and refresh_token."""
    answer = provider.tokens(provider.redeem(form))
    return JSONResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


@client.post("/introspect/")
async def introspect(form: ClientForm, provider: Served) -> dict[str, Any]:
    """Whether an access token lives."""
    grant = provider.grants.active(form.get("token", ""))
    if grant is None:
        return {"active": False}
    return {"active": True, "sub": grant.person.sub, "scope": " ".join(grant.request.scopes)}


@client.post("/revoke/")
async def revoke(form: ClientForm, provider: Served) -> dict[str, str]:
    """End a token; unknown tokens are no error."""
    provider.grants.revoke(form.get("token", ""))
    return {"message": "revoked"}


@control.post("/login", status_code=204)
async def choose(login: Login, provider: Served) -> None:
    """Let this person answer the next authorisation request without the page."""
    provider.next_person = provider.people.find(login.pid)
    if provider.next_person is None:
        raise HTTPException(404, "no such person")


@control.post("/rotate")
async def rotate(provider: Served, rotation: Rotation | None = None) -> dict[str, str]:
    """Sign with a new key from now on."""
    return {"kid": provider.issuer.keys.rotate(drop_old=bool(rotation and rotation.drop_old)).kid}


@control.get("/people")
async def people(provider: Served) -> list[Person]:
    """Everybody who can sign in."""
    return provider.people.everybody


def _redirect(url: str) -> RedirectResponse:
    return RedirectResponse(url, 303, {"Cache-Control": "no-store"})
