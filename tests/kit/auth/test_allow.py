"""Who may pass, seen over HTTP with a verifier of its own words."""

from types import SimpleNamespace
from typing import Annotated

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import APIRouter, Depends, FastAPI
from structlog.testing import capture_logs

from kit import problems
from kit.auth import (
    ACCESS,
    ASSERTION,
    Allow,
    Authenticator,
    Endpoint,
    Principal,
    TokenRefused,
    allow,
    allowed_of,
    endpoints_of,
    sign,
    thumbprint,
)
from kit.errors import Unavailable

PRINCIPALS = {
    "citizen": Principal(kind="citizen", subject="p"),
    "holder": Principal(kind="holder", subject="j"),
    "reviewer": Principal(kind="officer", subject="o", roles=frozenset({"reviewer"}), agency="22000000"),
    "approver": Principal(kind="officer", subject="o", roles=frozenset({"approver"}), agency="22000000"),
    "gateway": Principal(kind="service", subject="gateway"),
    "payment": Principal(kind="service", subject="payment"),
    "publisher": Principal(kind="client", subject="c", scopes=frozenset({"definitions.publish"})),
    "reader": Principal(kind="client", subject="c", scopes=frozenset({"data.read"})),
}
RULES = {
    ("citizen",): {"citizen"},
    ("holder",): {"holder"},
    ("officer",): {"reviewer", "approver"},
    ("officer:reviewer",): {"reviewer"},
    ("service",): {"gateway", "payment"},
    ("service:gateway",): {"gateway"},
    ("client",): {"publisher", "reader"},
    ("client:definitions.publish",): {"publisher"},
    ("citizen", "holder", "officer:approver"): {"citizen", "holder", "approver"},
}


class WordVerifier:
    """Believes ``Bearer <name>``."""

    def __init__(self) -> None:
        self.asked = 0

    async def authenticate(self, authorization: str) -> Principal:
        self.asked += 1
        name = authorization.removeprefix("Bearer ")
        if name == "away":
            raise Unavailable()
        if name not in PRINCIPALS:
            raise TokenRefused("forged")
        return PRINCIPALS[name]


def build(*who: str) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.state.kit = SimpleNamespace(verifier=WordVerifier())

    async def again(principal: Annotated[Principal | None, Depends(allow(*who))]) -> None:
        return None

    @app.get("/", dependencies=[Depends(again), Depends(Allow(*who))])
    async def route(principal: Annotated[Principal | None, Depends(allow(*who))]) -> str | None:
        return principal and f"{principal.kind} {principal.subject}"

    return app


async def ask(app: FastAPI, *names: str) -> httpx.Response:
    headers = [("Authorization", f"Bearer {name}") for name in names]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        return await client.get("/", headers=headers)


@pytest.mark.parametrize("who", RULES, ids=",".join)
async def test_those_pass_whom_the_rule_names_and_nobody_else(who):
    app = build(*who)
    for name, principal in PRINCIPALS.items():
        response = await ask(app, name)
        if name in RULES[who]:
            assert (response.status_code, response.json()) == (200, f"{principal.kind} {principal.subject}")
        else:
            assert (response.status_code, response.json()["type"]) == (403, "urn:paet:problem:forbidden")


async def test_without_or_with_a_bad_token_nobody_passes():
    app = build("citizen")
    nobody = await ask(app)
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    with capture_logs() as logs:
        bad = await ask(app, "eyJforged")
    assert (bad.status_code, bad.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
    assert bad.json()["type"] == "urn:paet:problem:invalid-token"
    assert logs == [{"event": "token refused", "reason": "forged", "log_level": "info"}]
    assert (await ask(app, "citizen", "reviewer")).status_code == 401
    assert (await ask(app, "away")).status_code == 503


async def test_anyone_passes_without_a_look_at_the_token():
    app = build("anyone")
    for names in ((), ("forged",), ("citizen",)):
        response = await ask(app, *names)
        assert (response.status_code, response.json()) == (200, None)
    assert app.state.kit.verifier.asked == 0


async def test_anyone_beside_others_knows_those_who_fit():
    app = build("anyone", "citizen")
    assert (await ask(app)).json() is None
    assert (await ask(app, "citizen")).json() == "citizen p"
    assert (await ask(app, "reviewer")).json() is None
    assert (await ask(app, "forged")).status_code == 401


async def test_token_is_verified_once_per_request():
    app = build("citizen")
    assert (await ask(app, "citizen")).status_code == 200
    assert app.state.kit.verifier.asked == 1
    assert (await ask(app, "citizen")).status_code == 200
    assert app.state.kit.verifier.asked == 2


@pytest.mark.parametrize(
    "who",
    [
        (),
        ("",),
        ("citizens",),
        ("citizen:x",),
        ("officer:",),
        ("officer:Reviewer",),
        ("anyone:x",),
        ("holder:x",),
    ],
)
def test_word_outside_the_grammar_is_refused_at_start(who):
    with pytest.raises(ValueError, match="grammar"):
        allow(*who)


@pytest.mark.req("Y1", part="every endpoint says whom it admits")
def test_every_endpoint_shows_whom_it_admits():
    app = FastAPI(openapi_url=None)
    inner, outer = APIRouter(prefix="/inner"), APIRouter(prefix="/outer")

    @inner.api_route("/both", methods=["GET", "POST"])
    async def both() -> None: ...

    @app.get("/open")
    async def open_(principal: Annotated[None, Depends(allow("anyone"))]) -> None: ...

    @app.get("/forgotten")
    async def forgotten() -> None: ...

    outer.include_router(inner, dependencies=[Depends(allow("service:gateway", "officer"))])
    app.include_router(outer)
    guarded = frozenset({"service:gateway", "officer"})
    assert set(endpoints_of(app)) == {
        Endpoint("GET", "/outer/inner/both", guarded),
        Endpoint("POST", "/outer/inner/both", guarded),
        Endpoint("GET", "/open", frozenset({"anyone"})),
        Endpoint("GET", "/forgotten", None),
    }


def test_two_rules_on_one_route_are_refused():
    app = FastAPI(openapi_url=None)

    @app.get("/", dependencies=[Depends(allow("officer"))])
    async def route(principal: Annotated[Principal, Depends(allow("officer:reviewer"))]) -> None: ...

    [route_] = app.routes
    with pytest.raises(ValueError, match="2 rules"):
        allowed_of(route_)


def test_openapi_shows_the_lock_where_there_is_one():
    assert build("citizen").openapi()["paths"]["/"]["get"]["security"] == [{"bearer": []}]
    assert "security" not in build("anyone").openapi()["paths"]["/"]["get"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic a:b", "Bearer a b", "token", "Bearer  x.y.z"])
async def test_header_that_is_no_bearer_token_is_refused(header):
    with pytest.raises(TokenRefused):
        await Authenticator(None, None).authenticate(header)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_kind_of_token_decides_who_judges_it(scheme):
    class Judge:
        def __init__(self, name: str) -> None:
            self.name = name

        def verify(self, token: str, header: object) -> str:
            return self.name

    class PersonJudge(Judge):
        async def verify(self, token: str, header: object) -> str:
            return self.name

    authenticator = Authenticator(PersonJudge("person"), Judge("service"))
    key = ec.generate_private_key(ec.SECP256R1())
    claims = dict.fromkeys(("iss", "sub", "aud", "jti"), "x") | {"iat": 1, "exp": 2}
    for typ, judge in {ACCESS: "person", ASSERTION: "service", "other": "person"}.items():
        token = sign(claims, key, thumbprint(key), typ)
        assert await authenticator.authenticate(f"{scheme} {token}") == judge
