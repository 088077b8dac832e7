"""The migration job: it brings database and bus, or says what it lacks before it touches anything."""

import asyncio
import secrets
from types import SimpleNamespace

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from kit import migrate
from kit.testing import environment_of
from tests.kit.toy.settings import Settings


async def test_without_the_operators_credentials_nothing_is_migrated(servers, tmp_path, monkeypatch):
    settings = environment_of("review", servers, "absent", tmp_path)
    settings |= {"nats_operator_user": None, "nats_operator_password": None}
    monkeypatch.setattr(migrate, "settings_of", lambda _package: Settings(**settings))
    with pytest.raises(SystemExit, match="nats_operator_user"):
        await migrate.migrate("tests.kit.toy")


@pytest.mark.parametrize("turn", ["first", "again"])
async def test_migrating_makes_schema_and_consumer_and_again_changes_nothing(servers, tmp_path, monkeypatch, turn):
    database = await servers.new_database("tests.kit.toy")
    settings = Settings(**environment_of("review", servers, database, tmp_path))
    monkeypatch.setattr(migrate, "settings_of", lambda _package: settings)
    for _ in range(1 if turn == "first" else 2):
        await migrate.migrate("tests.kit.toy")
    client = await servers.operator()
    info = await client.jetstream().consumer_info("EVENTS", "review")
    await client.close()
    assert "events.*.*.*.review" in info.config.filter_subjects
    await servers.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


HEAD = """import sqlalchemy as sa
from alembic import op
from kit.migrations import index_beside

revision, down_revision = {0!r}, {1!r}
"""
VERSIONS = {
    "0001": """
def upgrade():
    op.create_table("one", sa.Column("a", sa.Integer()))
    op.execute("INSERT INTO one VALUES (1), (1)")
""",
    "0002": """
def upgrade():
    index_beside("one_a", "one", ["a"], unique=True)
""",
    "0003": """
def upgrade():
    op.create_table("three", sa.Column("a", sa.Integer()))
    op.execute("SELECT 1 / (SELECT count(*) FROM one)")
""",
}


@pytest.fixture
async def database(servers, tmp_path, monkeypatch):
    """A database, and a package ``crashing`` whose migrations want its rows to be right."""
    folder = tmp_path / "crashing" / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "env.py").write_text("import sqlalchemy\nfrom kit.migrations import run\n\nrun(sqlalchemy.MetaData())\n")
    before = None
    for name, body in VERSIONS.items():
        (folder / "versions" / f"{name}_x.py").write_text(HEAD.format(name, before) + body)
        before = name
    monkeypatch.syspath_prepend(tmp_path)
    name = f"test_{secrets.token_hex(6)}"
    await servers.execute(f'CREATE DATABASE "{name}"')
    connection = await asyncpg.connect(servers.url_of(name).replace("+asyncpg", ""))
    yield servers.url_of(name), connection
    await connection.close()
    await servers.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def test_a_run_that_dies_keeps_each_whole_migration_and_the_next_run_goes_on(database):
    url, connection = database

    async def standing():
        valid = await connection.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('one_a')")
        three = await connection.fetchval("SELECT to_regclass('three') IS NOT NULL")
        return await connection.fetchval("SELECT version_num FROM alembic_version"), valid, three

    with pytest.raises(IntegrityError):
        await migrate.upgrade(url, "crashing")
    assert await standing() == ("0001", False, False), "an index that nobody can use is left"
    await connection.execute("DELETE FROM one")
    with pytest.raises(DBAPIError, match="division by zero"):
        await migrate.upgrade(url, "crashing")
    assert await standing() == ("0002", True, False), "of a migration nothing is left or all"
    await connection.execute("INSERT INTO one VALUES (1)")
    made = await connection.fetchval("SELECT to_regclass('one_a')::oid")
    await asyncio.gather(*(migrate.upgrade(url, "crashing") for _ in range(2)))
    assert await standing() == ("0003", True, True)
    assert await connection.fetchval("SELECT to_regclass('one_a')::oid") == made


async def test_nothing_is_taken_back_where_a_migration_does_not_say_how(database):
    url, connection = database
    await migrate.upgrade(url, "crashing", "0001")
    with pytest.raises(migrate.NeverBack, match="crashing: nothing says how 0003, 0002 is taken back"):
        await migrate.downgrade(url, "crashing", "0001")
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == "0001"


async def test_an_index_is_made_while_others_write(database):
    url, connection = database
    await migrate.upgrade(url, "crashing", "0001")
    await connection.execute("DELETE FROM one")
    writing = connection.transaction()
    await writing.start()
    await connection.execute("INSERT INTO one VALUES (1)")
    making = asyncio.create_task(migrate.upgrade(url, "crashing", "0002"))
    other = await asyncpg.connect(url.replace("+asyncpg", ""))
    building = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE UNIQUE INDEX CONCURRENTLY%' AND datname = $1"
    )
    while not await other.fetchval(building, url.rpartition("/")[2]):
        await asyncio.sleep(0.01)
    await other.execute("SET lock_timeout = '1s'")
    await other.execute("INSERT INTO one VALUES (2)")
    await writing.commit()
    await making
    assert await other.fetchval("SELECT count(*) FROM one") == 2
    await other.close()


async def test_what_is_newer_than_a_migration_is_taken_back_by_command(monkeypatch, capsys):
    asked = []

    async def downgrade(url, package, revision):
        asked.append((url, package, revision))

    monkeypatch.setattr(migrate, "downgrade", downgrade)
    monkeypatch.setattr(migrate, "settings_of", lambda _package: SimpleNamespace(secret_of=str))
    monkeypatch.setattr("sys.argv", ["kit.migrate", "crashing", "--down", "0001"])
    await asyncio.to_thread(migrate.main)
    assert asked == [("database_url", "crashing", "0001")]
    assert capsys.readouterr().out == "crashing is at 0001\n"
