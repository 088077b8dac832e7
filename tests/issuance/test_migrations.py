"""Models and migrated database agree, and the database keeps the register's rules by itself."""

import importlib
import secrets
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from kit.clock import clock
from kit.database import plumbing
from kit.migrate import downgrade, upgrade
from kit.testing import open_harness, schema_differences
from services.issuance.duework import plan_archives
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


PACKAGE = "services.issuance"
ISSUED = """
    INSERT INTO document (
        id, journey_id, agency, definition, step, slip, application_number, agency_name, title, series, state, attempt,
        requested_at, public, issued_at, searched, grams)
    SELECT gen_random_uuid(), gen_random_uuid(), '22000000', 'x@1', 'issuance', '{}', '1', '{}', '{}', 'X', 'issued', 1,
        now(), '[]', now() - each * interval '1 day', '', '{}'
    FROM generate_series(1, 5) AS each
"""
ONCE = {
    "0005": [
        "CREATE UNIQUE INDEX document_replaces ON document (replaces)"
        " WHERE replaces IS NOT NULL AND state <> 'stopped'",
        "CREATE UNIQUE INDEX document_edition ON document (agency, series, year, running, edition)"
        " WHERE edition > 0 AND state <> 'stopped'",
    ],
    "0007": [
        "INSERT INTO due_work (kind, key, payload, due_at) SELECT 'archive', id || ':2', '{}', now() FROM document"
        " WHERE issued_at IS NOT NULL ON CONFLICT DO NOTHING"
    ],
}
"""What these migrations did besides, while all of a run were one transaction."""
SCHEMA = """
    SELECT pg_get_indexdef(indexrelid) AS said FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
        WHERE relnamespace = 'public'::regnamespace AND indisvalid
    UNION SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
        WHERE contype IN ('f', 'c', 'u')
    UNION SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)
        FROM information_schema.columns WHERE table_schema = 'public'
    ORDER BY said
"""


class Base:
    """A database of issuance, made by the test."""

    def __init__(self, servers, name):
        self.name, self.url = name, servers.url_of(name)

    async def ask(self, *statements):
        connection = await asyncpg.connect(self.url.replace("+asyncpg", ""))
        try:
            (*_, last) = [await connection.fetch(each) for each in statements]
            return [tuple(row) for row in last]
        finally:
            await connection.close()

    async def planned(self):
        return await self.ask("SELECT kind, key FROM due_work ORDER BY kind, key")


@pytest.fixture
async def base_of(servers):
    made = []

    async def make(like=None):
        made.append(f"test_{secrets.token_hex(6)}")
        await servers.execute(f'CREATE DATABASE "{made[-1]}"' + (f' TEMPLATE "{like.name}"' if like else ""))
        return Base(servers, made[-1])

    yield make
    for name in made:
        await servers.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.req("O6", part="databases that stand at any migration end alike")
async def test_migrated_at_once_or_step_by_step_databases_end_alike(servers, base_of, tmp_path):
    """One stood at each migration, with what it did then; what differs besides is done by due work."""
    steps = await base_of()
    await upgrade(steps.url, PACKAGE, "0003")
    await steps.ask(ISSUED)
    archived = [("archive", f"{row[0]}:2") for row in await steps.ask("SELECT id FROM document ORDER BY id::text")]
    once = await base_of(steps)
    for revision in ("0004", "0005", "0006", "0007"):
        await upgrade(steps.url, PACKAGE, revision)
        if revision in ONCE:
            await steps.ask(*ONCE[revision])
    for base in (steps, once):
        await upgrade(base.url, PACKAGE)
    assert await once.ask(SCHEMA) == await steps.ask(SCHEMA)
    batches = [("plan-expiry", "all")]
    assert await once.planned() == batches, "nothing is done for each document while the migration lasts"
    more = {"timestamp_url": "http://127.0.0.1:9/", "role": "api", "database": once.name}
    async with open_harness("issuance", servers, tmp_path, **more) as harness:
        await plan_archives(harness.kit, "all", {})
    assert await once.planned() == await steps.planned() == [*archived, *batches]


async def test_what_a_migration_planned_goes_with_it(base_of):
    base = await base_of()
    await upgrade(base.url, PACKAGE)
    await base.ask(
        "INSERT INTO due_work (kind, key, due_at) SELECT kind, 'x', now() FROM unnest(ARRAY['issue', 'plan-archive',"
        " 'plan-expiry', 'archive', 'expiry', 'reinstate', 'reissue', 'certify', 'tidy-credentials']) AS kind"
    )
    left = {
        "0007": {"plan-archive"},
        "0006": {"archive"},
        "0005": {"tidy-credentials"},
        "0004": {"expiry", "reinstate", "reissue", "plan-expiry"},
        "0003": {"certify"},
    }
    kinds = {kind for kind, _ in await base.planned()}
    for revision, gone in left.items():
        await downgrade(base.url, PACKAGE, revision)
        kinds -= gone
        assert {kind for kind, _ in await base.planned()} == kinds, revision
    assert kinds == {"issue"}
    await upgrade(base.url, PACKAGE)
