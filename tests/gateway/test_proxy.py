"""Forwarding to a real HTTP server: what travels there, what comes back, and what happens when it is away."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from sqlalchemy import select
from starlette.routing import Match

from gateway.models import Journey
from gateway.proxy import ROUTES
from gateway.proxy.endpoints import Forwarded, Forwarding
from gateway.proxy.forwarding import SENT_AT_ONCE, public_location, service_path
from kit.auth import ServiceVerifier, endpoints_of
from kit.clients import Peers
from kit.contracts.journey import Process
from kit.errors import NotFound
from tests.bundles import information_bundle
from tests.gateway.serving import served

JOURNEY = "01890a5d-ac96-774b-bcce-b302099a8057"


def echo() -> FastAPI:
    """A service that tells what reached it, and misbehaves on demand."""
    app = FastAPI()

    @app.get("/search")
    async def search(request: Request) -> Response:
        if request.query_params.get("q") == "large":
            return StreamingResponse(b"x" * 65_536 for _ in range(8))
        if request.query_params.get("q") == "problem":
            body = {"type": "urn:paet:problem:x", "title": "x", "status": 422, "instance": "/search"}
            return JSONResponse(body, 422, media_type="application/problem+json")
        headers = {"ETag": '"1"', "Set-Cookie": "a=b", "X-Internal": "secret", "Location": "/cases/7", "Server": "x"}
        return JSONResponse(await told(request), headers=headers)

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH"])
    async def anything(request: Request) -> Response:
        return JSONResponse(await told(request))

    return app


async def told(request: Request) -> dict:
    return {
        "method": request.method,
        "path": request.scope["raw_path"].decode().partition("?")[0],
        "query": request.url.query,
        "headers": dict(request.headers),
        "body": (await request.body()).decode(),
    }


@pytest.fixture
async def forwarding(gateway):
    """The gateway with one real server behind all its services."""
    async with served(echo()) as url:
        gateway.doubled = gateway.peers
        peers = Peers(dict.fromkeys(Process, url), gateway.kit.assertions)
        gateway.kit.use_peers(peers)
        yield gateway
        await peers.close()


async def test_method_path_query_body_and_chosen_headers_reach_the_service(forwarding):
    headers = forwarding.citizen() | {
        "Accept-Language": "en", "If-Match": '"3"', "Idempotency-Key": "k", "Content-Type": "application/json",
        "Last-Event-ID": "4", "X-Forwarded-For": "6.6.6.6", "X-Other": "x", "Cookie": "a=b", "Connection": "close",
        "Forwarded": "for=6.6.6.6", "X-Forwarded-Host": "evil.example",
    }  # fmt: skip
    path = f"/v1/journeys/{JOURNEY}/application?a=%20b&c=%C3%A9"
    answer = await forwarding.client.put(path, content='{"form": {}}', headers=headers)
    told = answer.json()
    assert (told["method"], told["path"]) == ("PUT", f"/journeys/{JOURNEY}/application")
    assert told["query"] == "a=%20b&c=%C3%A9"
    assert told["body"] == '{"form": {}}'
    reached = told["headers"]
    assert reached["authorization"] == headers["Authorization"]
    expected = {"accept-language": "en", "if-match": '"3"', "idempotency-key": "k", "last-event-id": "4"}
    assert expected.items() <= reached.items()
    assert reached["content-type"] == "application/json"
    assert "6.6.6.6" not in str(reached)
    assert not {"x-other", "cookie", "forwarded", "x-forwarded-host"} & reached.keys()


async def test_only_chosen_headers_come_back_and_locations_are_public(forwarding):
    answer = await forwarding.client.get("/v1/search")
    assert (answer.headers["etag"], answer.headers["location"]) == ('"1"', "/v1/cases/7")
    assert not {"set-cookie", "x-internal", "server"} & answer.headers.keys()


async def test_a_large_answer_is_streamed_whole(forwarding):
    answer = await forwarding.client.get("/v1/search?q=large")
    assert len(answer.content) == 524_288 > SENT_AT_ONCE


@pytest.mark.req("G1", part="problems of the services pass unchanged")
async def test_a_problem_of_a_service_passes_unchanged(forwarding):
    answer = await forwarding.client.get("/v1/search?q=problem")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:paet:problem:x")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.fixture
async def anonymous(forwarding, publish):
    """An anonymous journey with its header."""
    echoing = forwarding.kit.peers
    forwarding.kit.use_peers(forwarding.doubled)
    assert (await publish(information_bundle())).status_code == 201
    headers = {"Idempotency-Key": str(uuid4())}
    answer = await forwarding.client.post("/v1/journeys", json={"definition": "test-information"}, headers=headers)
    forwarding.kit.use_peers(echoing)
    journey = answer.json()
    return journey | {"header": {"Authorization": f"Journey {journey['tracking_number']}.{journey['secret']}"}}


async def test_a_holder_reaches_the_service_by_the_gateways_word_and_the_secret_stays_here(forwarding, anonymous):
    path = f"/v1/journeys/{anonymous['id']}/application"
    reached = (await forwarding.client.get(path, headers=anonymous["header"])).json()["headers"]
    assert anonymous["secret"] not in str(reached)
    scheme, _, token = reached["authorization"].partition(" ")
    principal = ServiceVerifier(forwarding.servers.trust, audience="request").verify(token)
    assert (scheme, principal.kind, principal.subject) == ("Bearer", "holder", anonymous["id"])


async def test_where_nobody_is_asked_the_secret_does_not_travel_either(forwarding, anonymous):
    reached = (await forwarding.client.get("/v1/topics", headers=anonymous["header"])).json()["headers"]
    assert "authorization" not in reached


async def test_a_wrong_secret_never_reaches_a_service(forwarding, anonymous):
    headers = {"Authorization": f"Journey {anonymous['tracking_number']}.{'0' * 32}"}
    answer = await forwarding.client.get(f"/v1/journeys/{anonymous['id']}/application", headers=headers)
    assert answer.status_code == 401
    assert len(await forwarding.rows(select(Journey))) == 1


async def test_basic_credentials_reach_the_token_endpoint(forwarding):
    answer = await forwarding.client.post("/v1/token", data={"grant_type": "x"}, auth=httpx.BasicAuth("a", "b"))
    assert answer.json()["headers"]["authorization"].startswith("Basic ")
    assert answer.json()["body"] == "grant_type=x"


@pytest.mark.req("O4", part="a journey's requests through the gateway are in its trace")
async def test_the_service_is_called_in_the_trace_of_the_journey(forwarding):
    path = f"/v1/journeys/{JOURNEY}/application"
    answer = await forwarding.client.get(path, headers=forwarding.citizen())
    assert answer.json()["headers"]["traceparent"].split("-")[1] == JOURNEY.replace("-", "")


@pytest.mark.req("G4", part="one service down: a 503 problem with Retry-After, the rest works")
async def test_a_service_that_is_away_is_a_503_with_retry_after(forwarding):
    async with served(echo()) as url:
        urls = dict.fromkeys(Process, url) | {"search": "http://127.0.0.1:9"}
        peers = Peers(urls, forwarding.kit.assertions)
        forwarding.kit.use_peers(peers)
        away = await forwarding.client.get("/v1/search", headers={"Accept-Language": "en"})
        there = await forwarding.client.get("/.well-known/jwks.json")
        await peers.close()
    assert (away.status_code, away.json()["type"]) == (503, "urn:paet:problem:service-unavailable")
    assert int(away.headers["retry-after"]) > 0
    assert there.status_code == 200


CLIMBING = ("/v1/invoices/../qr.svg", "/v1/cases/%2e%2e", "/v1/services/..%2finternal", "/v1/services/.", "/internal/x")


@pytest.mark.parametrize("path", CLIMBING)
async def test_a_path_cannot_climb(forwarding, path):
    who = forwarding.citizen() if "invoices" in path else forwarding.officer("reviewer")
    async with served(forwarding.app) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        lines = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {who['Authorization']}\r\nConnection: close\r\n\r\n"
        writer.write(lines.encode())  # by hand: every client tidies such a path before it sends it
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("word", ["..", ".", "", "a/b", "a b", "ก", "a%2f", "-x", "x" * 201])
def test_a_parameter_that_is_no_plain_word_is_not_found(word):
    with pytest.raises(NotFound):
        service_path("/cases/{case_id}/claim", {"case_id": word})


@pytest.mark.parametrize(
    ("location", "public"),
    [
        ("/cases/7", "/v1/cases/7"), ("/verify/abc", "/verify/abc"), ("/v1/inbox", "/v1/inbox"),
        ("https://thaid.example/auth", "https://thaid.example/auth"), ("//elsewhere", "//elsewhere"),
    ],
)  # fmt: skip
def test_locations_are_where_the_public_finds_them(location, public):
    assert public_location(location) == public


def test_nothing_internal_is_forwarded_and_every_route_has_a_rule(gateway):
    assert not any("internal" in route.path for route in ROUTES)
    assert len({(route.method, route.public) for route in ROUTES}) == len(ROUTES)
    rules = {(each.method, each.path): each.allowed for each in endpoints_of(gateway.app)}
    assert {(route.method, route.public): frozenset(route.who) for route in ROUTES}.items() <= rules.items()


@pytest.mark.parametrize("method", ["HEAD", "POST", "BREW"])
async def test_another_method_is_not_allowed_whoever_asks(forwarding, method):
    answer = await forwarding.client.request(method, "/v1/cases")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("root", "path"), [("", "/v1/cases"), ("/paet", "/paet/v1/cases"), ("/paet", "/v1/cases")])
async def test_what_the_table_has_is_found_below_a_prefix_too(monkeypatch, root, path):
    found = []

    async def answer(self, *_):
        found.append(self.path)

    async def passed_on(scope, _receive, _send):
        found.append(None)

    monkeypatch.setattr(Forwarded, "answer", answer)
    forwarding = Forwarding(passed_on, [Forwarded(route) for route in ROUTES])
    await forwarding({"type": "http", "method": "GET", "path": path, "root_path": root}, None, None)
    assert found == ["/v1/cases"]


def test_the_table_and_the_gateways_own_endpoints_do_not_meet(gateway):
    own = [each for each in gateway.app.router.routes if not isinstance(each, Forwarded)]
    for route in ROUTES:
        path = route.public.format_map(Ids())
        scope = {"type": "http", "method": route.method, "path": path, "root_path": "", "headers": []}
        assert all(each.matches(dict(scope))[0] is not Match.FULL for each in own), path


class Ids(dict):
    def __missing__(self, _name):
        return JOURNEY
