"""The migrated database is what the models say."""

from typing import Any

from sqlalchemy import event

from kit.testing import schema_differences
from services.review import queries


async def test_models_and_migrated_database_agree(servers):
    assert await schema_differences(servers, "services.review") == []


async def test_the_queue_is_read_in_its_order_and_not_sorted(review):
    """As it is asked for, with its parameters: of very many cases that wait a page costs as much as of few."""
    statements: list[tuple[str, Any]] = []
    async with review.kit.database.reading() as session:
        engine = review.kit.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2:4]))
        await queries.queue(session, "22000000", queries.OPEN, None, None, 20)
    (statement, parameters) = next(each for each in statements if "FROM cases" in each[0])
    async with review.kit.database.connection() as connection:
        await connection.execute("SET enable_seqscan = off")
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {statement}", *parameters))
    assert "cases_open" in plan, plan
    assert "Sort" not in plan, plan
