"""The migrated database is what the models say; without its key the process does not start."""

import re

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from kit.testing import environment_of, schema_differences
from services.approval.main import build
from services.approval.settings import Settings


async def test_models_and_migrated_database_agree(servers):
    assert await schema_differences(servers, "services.approval") == []


@pytest.mark.req("Y6", part="approval's key")
def test_start_without_the_encryption_key_is_refused(servers, tmp_path):
    environment = environment_of("approval", servers, "x", tmp_path)
    with pytest.raises(ValidationError, match="officer_key_encryption_key"):
        Settings(**environment)
    with pytest.raises(ValueError, match="32 bytes"):
        build(Settings(**environment, officer_key_encryption_key="c2hvcnQ"))


async def test_the_queue_does_not_walk_through_what_is_decided(approval):
    query = text(
        "EXPLAIN SELECT * FROM decisions WHERE agency = '22000000' AND state = 'waiting' ORDER BY due_at, id LIMIT 21"
    )
    async with approval.kit.database.engine.connect() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join((await connection.execute(query)).scalars())
    assert re.search(r"Index Cond: .*state", plan), plan
