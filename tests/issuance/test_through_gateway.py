"""What a citizen and anybody else get of documents through the gateway, as the service gives it."""

import hashlib
from uuid import uuid4

import pytest
from sqlalchemy import update

from kit.problems import MAX_FILE
from services.issuance.models import Document
from tests.issuance.test_wallet import platform


async def change(registry, row, **values):
    async with registry.kit.database.engine.begin() as connection:
        await connection.execute(update(Document).where(Document.id == row["id"]).values(**values))


@pytest.mark.req("L4", part="through the gateway: a file of more than 1 MiB, and what a downloaded one is worth")
async def test_a_large_file_is_checked_and_a_download_says_what_it_is_worth(harness_of):
    async with platform(harness_of) as (gateway, registry):
        await check_through(gateway, registry)


async def check_through(gateway, registry):
    person = uuid4()
    event, row = await registry.issued(person=person)
    await change(registry, row, state="suspended")
    answer = await gateway.client.get(f"/v1/journeys/{event.journey}/document.pdf", headers=gateway.citizen(person))
    assert (answer.status_code, answer.headers["paet-document-status"]) == (200, "suspended")

    large = b"%PDF-1.7" + b"0" * 3_000_000
    await change(registry, row, sha256=hashlib.sha256(large).hexdigest())
    check = await gateway.client.post("/v1/verifications", content=large)
    assert check.status_code == 200, check.text
    assert check.json()["genuine"]
    page, upload = f"/verify/{row['token']}?language=en", {"file": ("x.pdf", large)}
    assert "This is exactly the file" in (await gateway.client.post(page, files=upload)).text
    too_large = b"0" * (MAX_FILE + 1)
    for client, path in ((gateway.client, "/v1/verifications"), (registry.client, "/verifications")):
        assert (await client.post(path, content=too_large)).status_code == 413
