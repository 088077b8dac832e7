"""The 13-digit number and what belongs to a person: nowhere but sealed in the database, and where it is printed."""

import json
import logging

import pytest
from sqlalchemy import text

from services.identity import commands
from services.identity.domain import Vault
from tests.identity.conftest import ADMINISTRATOR, REVIEWER, SOMCHAI, Browser, key, thaid_settings

PERSONAL = (SOMCHAI, REVIEWER, "นาย ทดสอบ หนึ่ง", "Thotsop", "1990-05-01", "หมู่ที่ 0")


@pytest.fixture
async def watched(harness_of, thaid_url, tmp_path):
    """Identity with its spans in a file."""
    keys = {"pid_encryption_key": key(), "pid_lookup_key": key()}
    trace = tmp_path / "trace.jsonl"
    providers = [thaid_settings(thaid_url)]
    async with harness_of("identity", providers=providers, trace_file=trace, **keys) as harness:
        yield harness


async def live_through_everything(watched, thaid) -> list[str]:
    """Sign in, fail in all ways, administer; returns every URL of ours that was called."""
    urls: list[str] = []

    async def remember(request):
        urls.append(str(request.url))

    watched.client.event_hooks["request"].append(remember)
    administrator = await signed_in_administrator(watched, thaid)
    body = {"pid": REVIEWER, "agency": "22000000", "roles": ["reviewer"]}
    for _ in range(2):
        await watched.client.post("/officers", json=body, headers=administrator.headers)
    await watched.client.get("/officers", headers=administrator.headers)
    await Browser(watched, thaid).sign_in(REVIEWER, "officer")
    citizen = await Browser(watched, thaid).sign_in(SOMCHAI)
    await citizen.me()
    for mode in ("wrong-nonce", "tampered", "unknown-kid", "denied"):
        await thaid.misbehave(mode, times=1)
        assert (await Browser(watched, thaid).answer(SOMCHAI)).status_code == 403
    back = await thaid.visit((await Browser(watched, thaid).begin()).json()["authorization_url"], SOMCHAI)
    await thaid.misbehave("outage")
    assert (await watched.client.get("/sign-in/callback", params=back)).status_code == 503
    await thaid.behave()
    claims = {"ids": [citizen.claims["sub"]]}
    issued = await watched.client.post("/internal/claims/persons", json=claims, headers=watched.as_service("issuance"))
    assert SOMCHAI in issued.text
    return urls


async def signed_in_administrator(watched, thaid) -> Browser:
    async with watched.kit.database.transaction() as session:
        vault = watched.kit.resource(Vault)
        await commands.ensure_officer(session, vault, ADMINISTRATOR, "22000000", ["administrator"])
    return await Browser(watched, thaid).sign_in(ADMINISTRATOR, "officer")


@pytest.mark.req("I6")
@pytest.mark.req("Y2", part="identity")
async def test_nothing_personal_is_in_a_table_url_log_span_or_event(watched, thaid, capsys, caplog, tmp_path):
    with caplog.at_level(logging.INFO):
        urls = await live_through_everything(watched, thaid)
    tables = await whole_database(watched)
    spans = await watched.until(lambda: spans_with(tmp_path / "trace.jsonl", "/officers"))
    places = {
        "database": tables,
        "urls": "\n".join(urls),
        "standard output": capsys.readouterr().out,
        "log records": "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records),
        "spans": spans,
        "events": json.dumps([event.model_dump(mode="json") for event in await watched.facts()]),
    }
    assert "ID token refused" in places["standard output"] + places["log records"]
    assert len(urls) > 20
    found = {(place, word) for place, content in places.items() for word in PERSONAL if word in content}
    assert found == set()


async def spans_with(path, word: str) -> str:
    content = path.read_text(encoding="utf-8") if path.exists() else ""
    return (
        json.dumps([json.loads(line) for line in content.splitlines()], ensure_ascii=False) if word in content else ""
    )


async def whole_database(watched) -> str:
    """Every row of every table as text; bytes both as they are and in hex."""
    found: list[str] = []
    async with watched.kit.database.engine.connect() as connection:
        names = await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        for name in names.scalars().all():
            for row in (await connection.execute(text(f'SELECT * FROM "{name}"'))).all():
                found += [_text(value) for value in row]
    assert len(found) > 100
    return "\n".join(found)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace") + value.decode("latin-1")
    return str(value)
