"""The copies that fill the databases are rows like the real ones, and every index is explained."""

import pytest

from bench.databases import connected
from bench.growth.copies import TABLES, WAITING, statement
from bench.growth.fill import _columns
from bench.growth.purposes import PURPOSES, purpose_of


@pytest.mark.parametrize("service", TABLES)
async def test_copies_of_a_journey_fit_between_real_rows_under_all_their_keys(stage, walked, service):
    async with connected(stage.suite, service) as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            for table in TABLES[service]:
                real = await connection.fetchval(f"SELECT count(*) FROM {table}")
                await _keep_as_template(connection, table)
                columns = await _columns(connection, table)
                await connection.execute(statement(service, table, columns, 2 * WAITING), 1, 2 * WAITING)
                made = await connection.fetchval(f"SELECT count(*) FROM {table}") - real
                kept = await connection.fetchval(f"SELECT count(*) FROM bench.{table}")
                assert kept > 0, table
                expected = 2 * WAITING * (17 / 365 if table == "due_work" else 1) * kept
                assert made == pytest.approx(expected, rel=0.05), table
        finally:
            await transaction.rollback()


async def _keep_as_template(connection, table):
    """The rows of the last journey, or of all that there is where rows do not name one."""
    await connection.execute("CREATE SCHEMA IF NOT EXISTS bench")
    await connection.execute("SET LOCAL session_replication_role = replica")
    await connection.execute(
        f"CREATE TABLE bench.{table} AS SELECT * FROM {table} WHERE xmin::text::bigint >="
        f" (SELECT max(xmin::text::bigint) FROM {table})"
    )


@pytest.mark.parametrize("service", TABLES)
async def test_every_index_is_explained(stage, service):
    async with connected(stage.suite, service) as connection:
        rows = await connection.fetch(
            "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY($1)",
            list(TABLES[service]),
        )
    assert [name for table, name in rows if not purpose_of(table, name)] == []
    assert {name for _, name in rows} <= PURPOSES.keys()
