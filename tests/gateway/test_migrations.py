from uuid import uuid4

from sqlalchemy import text

from kit.testing import schema_differences


async def test_models_are_the_migrated_schema(servers):
    assert await schema_differences(servers, "gateway") == []


async def test_a_page_of_a_persons_journeys_is_read_in_its_order_from_an_index(gateway):
    query = text(
        f"EXPLAIN SELECT * FROM journey WHERE person = '{uuid4()}' AND journey_id < '{uuid4()}'"
        " ORDER BY journey_id DESC LIMIT 20"
    )
    async with gateway.kit.database.engine.connect() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join((await connection.execute(query)).scalars())
    assert "journey_of_person" in plan, plan
    assert "Sort" not in plan, plan
