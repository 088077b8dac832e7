"""The rendering of problems, seen from outside over ASGI."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict, Field, field_validator

from kit import problems
from kit.contracts.text import Text
from kit.errors import Conflict, InvalidFieldError, Unauthenticated, Unavailable

SECRET = "3100100000022"
WORDS = Text(th="คดีปิดแล้ว", en="The case is closed")


class CaseClosed(Conflict):
    code = "case-closed"
    title = WORDS


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["a", "b"]
    amount: int = Field(ge=1, le=9)


class Form(BaseModel):
    pid: str = Field(min_length=3, max_length=20)
    born: date
    parts: list[Part]
    either: int | date = 1

    @field_validator("pid")
    @classmethod
    def _known(cls, value: str) -> str:
        if value == SECRET:
            raise InvalidFieldError("unknown-person", Text(th="ไม่พบบุคคล", en="No such person"))
        if value.startswith("boom"):
            raise ValueError(f"bad {value}")
        return value


def build() -> FastAPI:
    app = FastAPI(responses=problems.RESPONSES)
    problems.install(app, max_body=2000, larger={"/files/[^/]+": 5000})

    @app.post("/forms")
    async def forms(form: Form) -> dict:
        return {"pid": form.pid}

    @app.get("/items/{number}")
    async def items(number: int, limit: Annotated[int, Header(ge=0)] = 1) -> int:
        return number

    @app.get("/closed")
    async def closed() -> None:
        raise CaseClosed(WORDS, at=datetime(2026, 11, 22, tzinfo=UTC), case=UUID(int=1), why=WORDS)

    @app.get("/raise/{what}")
    async def raising(what: str) -> None:
        raise {
            "401": Unauthenticated(),
            "503": Unavailable(retry_after=7),
            "teapot": HTTPException(418, SECRET),
            "redirect": HTTPException(307, headers={"Location": "/closed"}),
            "http503": HTTPException(503),
        }[what]

    return app


@pytest.fixture
async def client():
    transport = httpx.ASGITransport(build())
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        yield client


def faults(response) -> set:
    return {(each["in"], each["pointer"], each["code"]) for each in response.json()["errors"]}


@pytest.mark.req("G1", part="problems in Thai and English with stable types")
@pytest.mark.parametrize("language", ["th", "en"])
async def test_problem_is_rendered_in_the_readers_language(client, language):
    response = await client.get("/closed?q=1", headers={"Accept-Language": language})
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["content-language"] == language
    assert response.headers["vary"] == "Accept-Language"
    assert response.headers["cache-control"] == "no-store"
    said = WORDS.in_language(language)
    assert response.json() == {
        "type": "urn:paet:problem:case-closed",
        "title": said,
        "status": 409,
        "detail": said,
        "instance": "/closed",
        "at": "2026-11-22T00:00:00Z",
        "case": str(UUID(int=1)),
        "why": said,
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "header"),
    [
        ("GET", "/nowhere/%E0%B8%81", 404, "not-found", None),
        ("PUT", "/forms", 405, "method-not-allowed", ("allow", "POST")),
        ("GET", "/raise/401", 401, "unauthenticated", ("www-authenticate", "Bearer")),
        ("GET", "/raise/503", 503, "unavailable", ("retry-after", "7")),
        ("GET", "/raise/http503", 503, "unavailable", ("retry-after", "5")),
        ("GET", "/raise/teapot", 418, "i-m-a-teapot", None),
    ],
)
async def test_every_fault_is_a_problem(client, method, path, status, code, header):
    response = await client.request(method, path)
    assert (response.status_code, response.json()["type"]) == (status, f"urn:paet:problem:{code}")
    assert response.headers["content-language"] == "th"
    assert response.json()["instance"] == path
    assert SECRET not in response.text
    if header:
        assert response.headers[header[0]] == header[1]


async def test_redirect_stays_a_redirect(client):
    response = await client.get("/raise/redirect")
    assert (response.status_code, response.headers["location"], response.content) == (307, "/closed", b"")


@pytest.mark.req("G1", part="faults per field with pointer and stable code")
async def test_every_fault_of_a_body_is_told_by_pointer(client):
    body = {"pid": "12", "parts": [{"kind": "z", "amount": 0}, {"kind": "a", "amount": "x", "a/b~": SECRET}]}
    response = await client.post("/forms", json=body | {"either": SECRET + "x"})
    assert response.status_code == 422
    assert faults(response) == {
        ("body", "/pid", "too-short"),
        ("body", "/born", "required"),
        ("body", "/parts/0/kind", "not-allowed"),
        ("body", "/parts/0/amount", "out-of-range"),
        ("body", "/parts/1/amount", "wrong-type"),
        ("body", "/parts/1/a~1b~0", "unknown-field"),
        ("body", "/either", "wrong-type"),
    }
    assert SECRET not in response.text


async def test_validators_own_words_reach_the_reader_and_others_do_not(client):
    valid = {"born": "2000-01-01", "parts": []}
    own = await client.post("/forms", json=valid | {"pid": SECRET}, headers={"Accept-Language": "en"})
    assert own.json()["errors"] == [
        {"in": "body", "pointer": "/pid", "code": "unknown-person", "detail": "No such person"}
    ]
    other = await client.post("/forms", json=valid | {"pid": "boom" + SECRET})
    assert other.json()["errors"][0]["code"] == "invalid"
    assert SECRET not in other.text


async def test_faults_outside_the_body_name_their_part(client):
    response = await client.get(f"/items/{SECRET}x", headers={"limit": "-1"})
    assert faults(response) == {("path", "/number", "wrong-type"), ("header", "/limit", "out-of-range")}
    assert SECRET not in response.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"pid": "31001', 400),
        (b"", 422),
        (b"\xff\xfe", 400),
        (b"[" * 1900, 400),
        (b'{"pid": ' + b"1" * 1900 + b"}", 422),
        (b"[]", 422),
        (b"null", 422),
    ],
)
async def test_broken_json_is_a_problem(client, content, status):
    response = await client.post("/forms", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert "31001" not in response.text


async def test_another_format_is_refused_by_name(client):
    response = await client.post("/forms", content=b"<xml/>", headers={"Content-Type": "text/xml"})
    assert (response.status_code, response.json()["type"]) == (415, "urn:paet:problem:unsupported-media-type")


def test_openapi_shows_problems_and_no_foreign_shape():
    document = build().openapi()
    responses = document["paths"]["/forms"]["post"]["responses"]
    assert set(responses) == {"200", "4XX", "5XX"}
    assert set(responses["4XX"]["content"]) == {"application/problem+json"}
    assert "HTTPValidationError" not in str(document)
