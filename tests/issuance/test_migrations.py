"""Models and migrated database agree, and the database keeps the register's rules by itself."""

from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from kit.clock import clock
from kit.testing import schema_differences
from services.issuance.models import Number


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
