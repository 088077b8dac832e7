"""Bundles in folders, and the publisher's command over real HTTP."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
import yaml
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import select

from gateway import publish as command
from gateway.commands.definitions import read_bundle, read_raw
from gateway.models import DefinitionVersion
from kit.clients import PeerUnavailable
from tests.bundles import licence_bundle
from tests.gateway.conftest import CHECK
from tests.gateway.serving import served

CATALOGUE = Path(__file__).parents[2] / "gateway" / "catalogue"


def write(folder: Path, bundle=None, **changes) -> Path:
    raw = (bundle or licence_bundle()).model_dump(mode="json", exclude_unset=True)
    folder.mkdir(parents=True)
    definition = raw["definition"] | changes
    (folder / "definition.yaml").write_text(yaml.safe_dump(definition, allow_unicode=True), encoding="utf-8")
    for name, text in raw["files"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.req("J1", part="one bundle per service: definition.yaml with its files beside it")
def test_a_bundle_is_read_from_its_folder_with_the_files_it_names(tmp_path):
    folder = write(tmp_path / "licence")
    (folder / "unnamed.txt").write_text("x", encoding="utf-8")
    bundle = read_bundle(folder)
    assert bundle.definition == licence_bundle().definition
    assert set(bundle.files) == {"form.schema.json", "rules/review.json", "document.typ"}
    assert json.loads(bundle.files["form.schema.json"])["type"] == "object"


def test_an_absent_file_is_left_for_the_gateway_to_tell(tmp_path):
    folder = write(tmp_path / "licence")
    (folder / "document.typ").unlink()
    assert "document.typ" not in read_raw(folder)["files"]


def test_a_file_outside_the_folder_is_refused(tmp_path):
    folder = write(tmp_path / "licence")
    (tmp_path / "secret.txt").write_text("x", encoding="utf-8")
    definition = yaml.safe_load((folder / "definition.yaml").read_text(encoding="utf-8"))
    definition["plan"][2]["form"] = "../secret.txt"
    (folder / "definition.yaml").write_text(yaml.safe_dump(definition), encoding="utf-8")
    with pytest.raises(ValueError, match="outside"):
        read_raw(folder)


@pytest.mark.parametrize(
    "text", ["- a list", "id: a\nid: b\n", "id: [", "steps: {a: 1, a: 2}", "!!python/object:os.system x"]
)
def test_yaml_that_json_could_not_say_is_refused(tmp_path, text):
    (tmp_path / "definition.yaml").write_text(text, encoding="utf-8")
    with pytest.raises((ValueError, yaml.YAMLError)):
        read_raw(tmp_path)


def test_a_date_in_yaml_stays_text(tmp_path):
    (tmp_path / "definition.yaml").write_text("order: 2026-11-22\nplan: []\n", encoding="utf-8")
    assert read_raw(tmp_path)["definition"]["order"] == "2026-11-22"


@pytest.mark.parametrize("folder", sorted({path.parent for path in CATALOGUE.rglob("definition.yaml")}), ids=str)
def test_every_shipped_definition_has_the_shape(folder):
    assert read_bundle(folder).definition.id in str(folder)


# ── the command ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def suite(gateway, tmp_path):
    """The gateway on a real port, with a token endpoint in front of it, and a secret file."""
    front = FastAPI()
    token = gateway.bearer("client", "publisher", scope="definitions.publish")["Authorization"].partition(" ")[2]

    @front.post("/v1/token")
    async def give_token(request: Request) -> JSONResponse:
        if request.headers["authorization"] != "Basic cHVibGlzaGVyOnMzY3JldA==":
            return JSONResponse({"error": "invalid_client"}, 401)
        assert b"grant_type=client_credentials" in await request.body()
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 600})

    front.mount("/", gateway.app)
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n", encoding="utf-8")
    async with served(front) as url:
        yield ["--url", url, "--client-id", "publisher", "--client-secret-file", str(secret)]


async def run(*arguments: str) -> int:
    return await asyncio.to_thread(command.run, arguments)


async def published(gateway) -> list[tuple[str, int]]:
    rows = await gateway.rows(select(DefinitionVersion).order_by(DefinitionVersion.id, DefinitionVersion.version))
    return [(row["id"], row["version"]) for row in rows]


async def test_versions_are_published_in_order_and_once(gateway, suite, tmp_path, capsys):
    catalogue = tmp_path / "catalogue"
    write(catalogue / "licence" / "v2", licence_bundle(version=2))
    write(catalogue / "licence" / "v1", licence_bundle())
    assert await run(str(catalogue / "licence"), *suite) == 0
    assert "test-licence@1, test-licence@2" in capsys.readouterr().out
    assert await run(str(catalogue), *suite) == 0
    assert "nothing new" in capsys.readouterr().out
    assert await published(gateway) == [("test-licence", 1), ("test-licence", 2)]


async def test_every_fault_is_printed_and_the_command_fails(gateway, suite, tmp_path, capsys):
    fault = {"path": "/steps/review/table", "message": {"th": "ตารางผิด", "en": "wrong table"}}
    gateway.peers.answer("review", "POST", CHECK, {"faults": [fault]})
    folder = write(tmp_path / "licence", kind="certificate")
    (folder / "document.typ").unlink()
    assert await run(str(folder), *suite) == 1
    said = capsys.readouterr().err
    assert "/definition/plan/3/table: wrong table (ตารางผิด) [review]" in said
    assert "/definition/plan/6/template" in said
    assert await published(gateway) == []


async def test_a_service_that_is_away_for_a_moment_is_waited_for(gateway, suite, tmp_path, monkeypatch):
    waits, away = [], [PeerUnavailable(retry_after=2), PeerUnavailable(retry_after=2)]
    monkeypatch.setattr(command.time, "sleep", waits.append)

    def check(_):
        if away:
            raise away.pop()
        return {"faults": []}

    gateway.peers.answer("review", "POST", CHECK, check)
    folder = write(tmp_path / "licence")
    assert await run(str(folder), *suite) == 0
    assert len(waits) == 2
    assert min(waits) > 0
    assert await published(gateway) == [("test-licence", 1)]


def test_a_token_is_waited_for_too_however_it_is_said_when_to_come_again(monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr(command.time, "sleep", waits.append)
    later = [httpx.Response(503, headers={"Retry-After": said}) for said in ("Wed, 02 Dec 2026 07:28:00 GMT", "0", "3")]
    answers = [*later, httpx.Response(503), httpx.Response(200, json={"access_token": "x"})]
    with httpx.Client(base_url="http://x", transport=httpx.MockTransport(lambda _: answers.pop(0))) as client:
        assert command.token_for(client, "publisher", "s3cret") == "x"
    assert waits == [1.0, 1.0, 3.0, 1.0]


async def test_a_service_that_stays_away_is_told_when_patience_ends(gateway, suite, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "PATIENCE", 0.0)
    gateway.peers.answer("review", "POST", CHECK, PeerUnavailable())
    assert await run(str(write(tmp_path / "licence")), *suite) == 1
    assert "503" in capsys.readouterr().err
    assert await published(gateway) == []


@pytest.mark.parametrize("trouble", ["secret", "folder", "gateway"])
async def test_trouble_is_told_and_the_command_fails(suite, tmp_path, capsys, trouble):
    folder = write(tmp_path / "licence")
    arguments = list(suite)
    if trouble == "secret":
        (tmp_path / "secret").write_text("wrong", encoding="utf-8")
    elif trouble == "folder":
        folder = tmp_path / "nothing"
    else:
        arguments[1] = "http://127.0.0.1:9"
    assert await run(str(folder), *arguments) == 1
    assert capsys.readouterr().err.startswith("not published: ")
