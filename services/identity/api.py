"""HTTP in: sign-in, tokens, the own session, officers and clients."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Header, Query, Request, Response

from kit.app import Kit
from kit.auth import Principal, allow
from kit.database import Reading, Session
from kit.errors import Problem
from services.identity import commands, queries
from services.identity.commands import Mint, SigningKeys, Wish
from services.identity.domain import GrantRefused, Vault, client_credentials
from services.identity.models import Client
from services.identity.providers import Providers
from services.identity.schemas import (
    ClientCreated,
    ClientView,
    CodeAnswer,
    ErasureView,
    Me,
    NewClient,
    NewOfficer,
    OfficerChange,
    OfficerView,
    SignInBody,
    SignInStarted,
    TokenAnswer,
    TokenForm,
)
from services.identity.settings import Settings

router = APIRouter(tags=["identity"])

Anyone = Depends(allow("anyone"))
SignedIn = Annotated[Principal, Depends(allow("citizen", "officer"))]
Citizen = Annotated[Principal, Depends(allow("citizen"))]
Administrator = Annotated[Principal, Depends(allow("officer:administrator"))]
Limit = Annotated[int, Query(ge=1, le=200)]
Echoed = Annotated[str | None, Query(max_length=2048)]


async def no_store(response: Response) -> None:
    """Keep what is secret out of every cache and out of the Referer header."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"


class Tools:
    """What the routes need of the running process."""

    def __init__(self, request: Request) -> None:
        self.kit: Kit = request.app.state.kit
        assert isinstance(self.kit.settings, Settings)  # noqa: S101 - this service's own
        self.settings: Settings = self.kit.settings
        self.vault = self.kit.resource(Vault)
        self.providers = self.kit.resource(Providers)
        self.mint = self.kit.resource(Mint)


async def tools_of(request: Request) -> Tools:
    """Async, or it would be called in a thread of its own."""
    return Tools(request)


Tooled = Annotated[Tools, Depends(tools_of)]


@router.get("/.well-known/jwks.json", dependencies=[Anyone])
async def jwks(session: Session, tools: Tooled, response: Response) -> dict[str, object]:
    """List the public keys of access tokens, those to come included (RFC 7517)."""
    response.headers["Cache-Control"] = "public, max-age=60"
    return (await tools.kit.resource(SigningKeys).jwks(session)).as_dict()


@router.post("/sign-in", status_code=201, dependencies=[Anyone, Depends(no_store)])
async def begin(body: SignInBody, tools: Tooled) -> SignInStarted:
    """Begin a sign-in at a provider; good for one answer within ten minutes."""
    # No connection is held while the provider is asked where its door is.
    wish = Wish(body.purpose, body.provider, body.code_challenge, body.level("ial"), body.level("aal"))
    begun, url = await commands.prepare_sign_in(tools.providers, wish, tools.settings.sign_in_seconds)
    async with tools.kit.database.transaction() as session:
        await commands.begin_sign_in(session, begun)
    return SignInStarted(authorization_url=url)


@router.get("/sign-in/callback", dependencies=[Anyone, Depends(no_store)])
async def callback(
    tools: Tooled,
    state: Annotated[str, Query(max_length=200)],
    code: Echoed = None,
    error: Echoed = None,
    iss: Echoed = None,
) -> CodeAnswer:
    """Take the provider's answer and give the browser a one-time code.

    Three transactions rather than one: the state is spent whatever comes, the provider is asked while
    no connection waits, and a refusal is logged although it is a refusal.
    """
    transaction = tools.kit.database.transaction
    async with transaction() as session:
        pending = await commands.take_sign_in(session, state)
    provider = tools.providers.named(pending.provider)
    try:
        proof = await commands.prove(provider, pending, code=code, error=error, iss=iss)
    except Problem as problem:
        async with transaction() as session:
            await commands.record_refusal(session, tools.vault, pending, provider.scopes, problem)
        raise
    async with transaction() as session:
        seconds = tools.settings.code_seconds
        answer = await commands.complete_sign_in(session, tools.vault, pending, proof, provider.scopes, seconds)
    if isinstance(answer, Problem):
        raise answer
    return CodeAnswer(code=answer)


@router.post("/token", dependencies=[Anyone, Depends(no_store)])
async def token(
    form: Annotated[TokenForm, Form()], tools: Tooled, authorization: Annotated[str | None, Header()] = None
) -> TokenAnswer:
    """Give tokens for a one-time code, a refresh token, or a client's credentials (RFC 6749)."""
    client = await _client(tools, form, authorization) if form.grant_type == "client_credentials" else None
    async with tools.kit.database.transaction() as session:
        if client is not None:
            answer: commands.Tokens | GrantRefused = await commands.client_token(session, tools.mint, client)
        elif form.grant_type == "refresh_token":
            answer = await commands.refresh(session, tools.mint, form.refresh_token or "")
        else:
            answer = await commands.redeem_code(session, tools.mint, form.code or "", form.code_verifier or "")
    if isinstance(answer, GrantRefused):  # raised only now: a session that was ended by it stays ended
        raise answer
    return TokenAnswer(access_token=answer.access, expires_in=answer.expires_in, refresh_token=answer.refresh)


async def _client(tools: Tools, form: TokenForm, authorization: str | None) -> Client:
    """Whose credentials these are; no connection waits while the secret is hashed."""
    client_id, secret = client_credentials(authorization, form.client_id, form.client_secret)
    async with tools.kit.database.reading() as session:
        found = await queries.client(session, client_id)
    return await commands.verify_client(found, secret)


@router.post("/sign-out", status_code=204)
async def sign_out(person: SignedIn, session: Session) -> None:
    """End the session: its refresh token is worth nothing from now on."""
    await commands.sign_out(session, UUID(person.session))


@router.get("/me", dependencies=[Depends(no_store)])
async def me(person: SignedIn, session: Reading, tools: Tooled) -> Me:
    """Tell who is signed in, at which levels, and until when; the 13-digit number masked."""
    return Me.of(person, await queries.me(session, tools.vault, person))


@router.post("/erasures", status_code=201)
async def ask_erasure(
    person: Citizen,
    tools: Tooled,
    session: Session,
    idempotency_key: Annotated[str, Header(min_length=8, max_length=200)],
) -> ErasureView:
    """Ask that one's own data be erased; the same key again gives the same request.

    What the law wants kept, or a proceeding needs, is not erased: each service answers for its own data, by class.
    """
    days = tools.settings.erasure_days
    row = await commands.request_erasure(session, person, idempotency_key, days)
    return ErasureView.of(await queries.erasure(session, row.person_id, row.id))


@router.get("/erasures")
async def list_erasures(person: Citizen, session: Reading, limit: Limit = 100) -> list[ErasureView]:
    """List what one has asked to be erased, newest first, with the answers so far."""
    return [ErasureView.of(each) for each in await queries.erasures(session, UUID(person.subject), limit)]


@router.get("/erasures/{erasure_id}")
async def show_erasure(person: Citizen, session: Reading, erasure_id: UUID) -> ErasureView:
    """Show one request for erasure: until when it is answered, and what each service has answered."""
    return ErasureView.of(await queries.erasure(session, UUID(person.subject), erasure_id))


@router.post("/officers", status_code=201)
async def create_officer(body: NewOfficer, by: Administrator, session: Session, tools: Tooled) -> OfficerView:
    """Register a person as an officer of the administrator's agency."""
    officer = await commands.create_officer(session, tools.vault, by, body.pid, body.agency, body.roles)
    return await _officer(session, by, tools, officer.id)


@router.get("/officers")
async def officers(by: Administrator, session: Reading, tools: Tooled, limit: Limit = 100) -> list[OfficerView]:
    """List the officers of the administrator's agency."""
    found = await queries.officers(session, tools.vault, by.agency, limit=limit)
    return [OfficerView.of(each) for each in found]


@router.patch("/officers/{officer_id}")
async def change_officer(
    officer_id: UUID, body: OfficerChange, by: Administrator, session: Session, tools: Tooled
) -> OfficerView:
    """Change an officer's roles, or end or resume the office; ending it ends its sessions."""
    await commands.change_officer(session, by, officer_id, roles=body.roles, is_active=body.is_active)
    return await _officer(session, by, tools, officer_id)


@router.post("/clients", status_code=201, dependencies=[Depends(no_store)])
async def create_client(body: NewClient, by: Administrator, session: Session) -> ClientCreated:
    """Register a client program; its secret is in this answer and nowhere else."""
    client, secret = await commands.create_client(session, body.name, body.agency, body.scopes, by)
    return ClientCreated(**ClientView.of(client).model_dump(), client_secret=secret)


@router.get("/clients")
async def clients(by: Administrator, session: Reading, limit: Limit = 100) -> list[ClientView]:
    """List the client programs of the administrator's agency."""
    return [ClientView.of(each) for each in await queries.clients(session, by.agency, limit)]


async def _officer(session: Session, by: Principal, tools: Tools, officer_id: UUID) -> OfficerView:
    (seen,) = await queries.officers(session, tools.vault, by.agency, ids=[officer_id])
    return OfficerView.of(seen)
