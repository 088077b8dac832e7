"""The migrated database is what the models say."""

import re

from sqlalchemy import text

from kit.testing import schema_differences


async def test_models_and_migrated_database_agree(servers):
    assert await schema_differences(servers, "services.review") == []


async def test_the_queue_does_not_walk_through_what_is_done(review):
    query = text(
        "EXPLAIN SELECT * FROM cases WHERE agency = '22000000' AND state IN ('waiting', 'claimed')"
        " ORDER BY due_at, id LIMIT 21"
    )
    async with review.kit.database.engine.connect() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join((await connection.execute(query)).scalars())
    assert re.search(r"Index Cond: .*state|on cases_unfinished", plan), plan
