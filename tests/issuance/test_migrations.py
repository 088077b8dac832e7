"""Models and migrated database agree, and the database keeps the register's rules by itself."""

import importlib
from uuid import uuid4

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from kit.clock import clock
from kit.database import plumbing
from kit.testing import schema_differences
from services.issuance.models import Document, Number


async def test_the_migrations_make_what_the_models_say(servers):
    assert await schema_differences(servers, "services.issuance") == []


@pytest.mark.req("L3", part="the database refuses a second number")
async def test_the_database_refuses_a_second_number_and_a_void_without_reason(registry):
    _, row = await registry.issued()
    number = {
        "agency": "22000000", "series": "TEST", "year": 2569, "running": 2, "document_id": row["id"],
        "state": "given", "given_at": clock.now(),
    }  # fmt: skip
    for refused in (number, number | {"state": "void"}, number | {"state": "lost"}, number | {"document_id": uuid4()}):
        with pytest.raises(IntegrityError):
            async with registry.kit.database.engine.begin() as connection:
                await connection.execute(insert(Number), refused)


@pytest.mark.req("L7", part="what was issued before is found too")
async def test_what_is_registered_already_is_filled_in(registry):
    _, row = await registry.issued()
    migration = importlib.import_module("services.issuance.migrations.versions.0003_public_register")
    emptied = update(Document).values(searched="", grams=[], document_type=None)
    for is_section_gone in (False, True):
        async with registry.kit.database.engine.begin() as connection:
            await connection.execute(emptied)
            if is_section_gone:
                await connection.execute(delete(plumbing.tables["section"]))
            await connection.run_sync(migration._fill)
        (filled,) = await registry.harness.rows(select(Document))
        assert filled == row
