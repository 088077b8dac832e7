"""The guard around an application: body limits and the unexpected."""

import json
import logging
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from structlog.testing import capture_logs

from kit import problems
from kit.errors import TooLarge
from kit.guard import Guard, _NullFinder

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


NULL = "\\u0000"
JSON_WITH_NULL = [
    f'{{"a": "{NULL}"}}',
    f'{{"a": "x{NULL}y"}}',
    f'{{"{NULL}": 1}}',
    f'{{"a": ["\\\\{NULL}"]}}',
    '{"a": "\x00"}',
]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("path", ["/echo", "/deaf"])
@pytest.mark.parametrize("body", JSON_WITH_NULL)
@pytest.mark.parametrize("size", [1, 3, 100])
async def test_null_character_in_json_is_a_422_problem(app, client, path, body, size):
    response = await client.post(path, content=pieces(body.encode(), size), headers=JSON | {"Accept-Language": "en"})
    assert (response.status_code, response.json()["type"]) == (422, "urn:paet:problem:null-character")
    assert "U+0000" in response.json()["title"]
    assert app.state.handled == 0


async def pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/merge-patch+json", "APPLICATION/JSON"]
)
async def test_null_character_is_found_in_every_kind_of_json(client, kind):
    response = await client.post("/deaf", content=JSON_WITH_NULL[0], headers={"Content-Type": kind})
    assert response.status_code == 422


async def test_null_character_is_found_in_other_encodings_of_json(client):
    response = await client.post("/echo", content=JSON_WITH_NULL[0].encode("utf-16-le"), headers=JSON)
    assert response.status_code == 422


@pytest.mark.parametrize("text", ["\\\\u0000", "\\\\\\\\u0000", "u0000", "\\u0001", "%00"])
@pytest.mark.parametrize("size", [1, 100])
async def test_what_only_looks_like_a_null_character_passes(client, text, size):
    body = f'{{"a": "{text}"}}'.encode()
    assert b"\x00" not in json.loads(body)["a"].encode()
    assert (await client.post("/echo", content=pieces(body, size), headers=JSON)).status_code == 200


@pytest.mark.parametrize("size", [1, 100])
async def test_null_character_in_a_form_a_path_or_a_query_is_a_422_problem(client, size):
    form = await client.post("/deaf", content=pieces(b"a=1&b=x%00y", size), headers=FORM)
    answers = [form, await client.get("/boom%00"), await client.get("/boom?q=a%00")]
    assert {answer.json()["type"] for answer in answers} == {"urn:paet:problem:null-character"}
    assert (await client.post("/deaf", content=pieces(b"a=%2500&b=%0A", size), headers=FORM)).json() == "fits"


async def test_a_file_may_hold_null_characters(client):
    response = await client.post("/files/a", content=b"\0%00\\u0000", headers={"Content-Type": "application/pdf"})
    assert response.status_code == 200


async def test_backslashes_without_end_take_no_time(client):
    body = b'{"a": "' + b"\\" * 4800 + b'"}'
    began = time.perf_counter()
    assert (await client.post("/files/a", content=pieces(body, 2), headers=JSON)).status_code == 200
    finder = _NullFinder("application/json")
    assert not any(finder.finds(b"\\" * 60_000 + b"x") for _ in range(16))
    assert time.perf_counter() - began < 5


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
