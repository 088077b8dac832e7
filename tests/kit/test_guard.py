"""The guard around an application: body limits and the unexpected."""

import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from structlog.testing import capture_logs

from kit import problems
from kit.errors import TooLarge
from kit.guard import Guard

SECRET = "3100100000022"
LIMIT = 100


def build() -> FastAPI:
    app = FastAPI()
    problems.install(app, max_body=LIMIT, larger={"/files/[^/]+": 5000})
    app.state.handled = 0

    @app.post("/echo")
    async def echo(body: dict) -> int:
        app.state.handled += 1
        return len(body)

    @app.post("/files/{name}")
    async def file(name: str, request: Request) -> int:
        return len(await request.body())

    @app.post("/deaf")
    async def deaf(request: Request) -> str:
        try:
            await request.body()
        except Exception:  # noqa: BLE001 - what the guard must see through
            return "nothing happened"
        return "fits"

    add_faulty(app)
    return app


def add_faulty(app: FastAPI) -> None:
    @app.get("/boom")
    async def boom() -> None:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise RuntimeError(f"no {SECRET}") from error

    @app.get("/late")
    async def late() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"half"
            raise RuntimeError(SECRET)

        return StreamingResponse(pieces())


@pytest.fixture
async def app():
    return build()


@pytest.fixture
async def client(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        yield client


async def chunks(size: int) -> AsyncIterator[bytes]:
    yield b'{"a": "'
    for _ in range(size // 10):
        yield b"x" * 10
    yield b'"}'


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", ["/echo", "/deaf"])
@pytest.mark.parametrize("is_chunked", [True, False])
async def test_oversize_body_is_a_413_problem(app, client, path, is_chunked):
    content = chunks(LIMIT) if is_chunked else b" " * (LIMIT + 1)
    response = await client.post(path, content=content, headers=JSON | {"Accept-Language": "en"})
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "urn:paet:problem:too-large"
    assert response.json()["max_bytes"] == LIMIT
    assert app.state.handled == 0


async def test_body_of_exactly_the_limit_passes(app, client):
    body = b'{"a": "' + b"x" * (LIMIT - 9) + b'"}'
    assert len(body) == LIMIT
    assert (await client.post("/echo", content=body, headers=JSON)).status_code == 200
    assert (await client.post("/echo", content=chunks(LIMIT - 30), headers=JSON)).status_code == 200
    assert app.state.handled == 2


async def test_path_with_its_own_limit_takes_more(client):
    assert (await client.post("/files/a", content=b"x" * 5000)).json() == 5000
    assert (await client.post("/files/a", content=b"x" * 5001)).status_code == 413
    assert (await client.post("/files/a/b", content=b"x" * 101)).status_code == 413


async def test_lying_content_length_is_counted(client):
    response = await client.post("/echo", content=chunks(LIMIT), headers=JSON | {"Content-Length": "5"})
    assert response.status_code == 413


async def test_body_that_grows_after_the_answer_began_breaks_the_connection():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await receive())["more_body"]:
            pass

    guard = Guard(app, respond=problems.response_for, max_body=LIMIT, larger={})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(guard), base_url="http://t") as client:
        with pytest.raises(TooLarge), capture_logs() as logs:
            await client.post("/early", content=chunks(LIMIT))
    assert [each["event"] for each in logs] == ["unexpected"]


async def test_the_unexpected_is_a_500_with_an_incident_and_nothing_inside(client):
    with capture_logs() as logs:
        response = await client.get("/boom", headers={"Accept-Language": "en"})
    body = response.json()
    assert (response.status_code, body["type"]) == (500, "urn:paet:problem:internal")
    assert body["detail"] == f"Please quote incident {body['incident']}"
    for inside in (SECRET, "RuntimeError", "KeyError", "test_guard", "Traceback"):
        assert inside not in response.text
    [entry] = logs
    assert (entry["event"], entry["incident"], entry["path"]) == ("unexpected", body["incident"], "/boom")
    assert [each["type"] for each in entry["chain"]] == ["builtins.RuntimeError", "builtins.KeyError"]
    assert entry["chain"][0]["at"][-1].endswith(" boom")
    assert SECRET not in str(logs)


async def test_debug_level_logs_the_exception_whole(client, caplog):
    with caplog.at_level(logging.DEBUG, logger="paet"), capture_logs() as logs:
        await client.get("/boom")
    assert SECRET in str(logs[0]["exc_info"])


async def test_fault_after_the_answer_began_is_logged_and_breaks_the_connection(client):
    with capture_logs() as logs, pytest.raises(RuntimeError):
        await client.get("/late")
    assert [(each["event"], each["incident"]) for each in logs] == [("unexpected", None)]
    assert SECRET not in str(logs)
