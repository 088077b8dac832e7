"""The migration job: it brings database and bus, or says what it lacks before it touches anything."""

import asyncio
import os
import secrets
import subprocess
import sys
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
    "0004": """
def upgrade():
    op.add_column("three", sa.Column("b", sa.Integer()))
    op.add_column("one", sa.Column("b", sa.Integer()))
def downgrade():
    op.drop_column("one", "b")
    op.drop_column("three", "b")
""",
}
INDEX = "SELECT to_regclass('one_a')::oid"


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
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "100ms")
    monkeypatch.setattr(migrate, "PAUSES_S", (0.1,) * 100)
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
    made = await connection.fetchval(INDEX)
    await asyncio.gather(*(migrate.upgrade(url, "crashing") for _ in range(2)))
    assert await standing() == ("0004", True, True)
    assert await connection.fetchval(INDEX) == made


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
    while not (made := await other.fetchval(INDEX)):
        await asyncio.sleep(0.01)
    await other.execute("SET lock_timeout = '1s'")
    await other.execute("INSERT INTO one VALUES (2)")
    await asyncio.sleep(0.3)
    assert not making.done()
    await writing.commit()
    await making
    assert await other.fetchval(INDEX) == made, "nobody waits behind it: it need not begin anew"
    assert await other.fetchval("SELECT count(*) FROM one") == 2
    await other.close()


@pytest.fixture
async def held(database):
    """The table of a migration is being read in a transaction that is left open; that transaction, and a reader."""
    url, connection = database
    await migrate.upgrade(url, "crashing", "0001")
    await connection.execute("DELETE FROM one; INSERT INTO one VALUES (1)")
    await migrate.upgrade(url, "crashing", "0003")
    reading = connection.transaction()
    await reading.start()
    await connection.fetch("SELECT FROM one")
    reader = await asyncpg.connect(url.replace("+asyncpg", ""))
    yield reading, reader
    await reader.close()


async def columns(reader):
    """Whether the migration stands: what it adds to the table that is held, and to the other one; what is noted."""
    added = "SELECT count(*) FROM pg_attribute WHERE attname = 'b' AND attrelid = ANY('{one, three}'::regclass[])"
    return await reader.fetchval(added), await reader.fetchval("SELECT version_num FROM alembic_version")


@pytest.mark.req("O6", part="a migration that waits for a lock keeps nobody waiting for long")
async def test_a_migration_gives_way_to_those_behind_it_until_it_gets_its_lock(database, held):
    (url, _), (reading, reader) = database, held
    migrating = asyncio.create_task(migrate.upgrade(url, "crashing"))
    asked = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted"
    for _ in range(3):
        while not await reader.fetchval(asked):
            await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            assert await reader.fetchval("SELECT count(*) FROM one LEFT JOIN three USING (a)") == 1
    assert not migrating.done()
    assert await columns(reader) == (0, "0003")
    await reading.commit()
    await migrating
    assert await columns(reader) == (2, "0004")


@pytest.mark.req("O6", part="a migration that never gets its lock changes nothing, and says so")
async def test_a_migration_that_never_gets_its_lock_is_named_and_nothing_of_it_is_done(database, held, monkeypatch):
    (url, connection), (reading, reader) = database, held
    monkeypatch.setattr(migrate, "PAUSES_S", (0.1, 0.1))
    pid = connection.get_server_pid()
    said = rf"^crashing: migration 0004_x did not get its locks in 3 tries and was not done; .*pid {pid} of \w+, idle"
    with pytest.raises(migrate.HeldUp, match=said):
        await migrate.upgrade(url, "crashing")
    assert await columns(reader) == (0, "0003")
    await reading.commit()
    await migrate.upgrade(url, "crashing")
    async with connection.transaction():
        await connection.fetch("SELECT FROM three")
        with pytest.raises(migrate.HeldUp, match="crashing: migration 0004_x did not"):
            await migrate.downgrade(url, "crashing", "0003")
    assert await columns(reader) == (2, "0004")


async def test_the_job_of_a_migration_that_gives_up_has_failed(database, held, tmp_path):
    url, _ = database
    program = (
        "import asyncio; from kit import migrate\n"
        "migrate.LOCK_TIMEOUT, migrate.PAUSES_S = '100ms', (0.1,)\n"
        f"asyncio.run(migrate.upgrade({url!r}, 'crashing'))"
    )
    job = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, errors = (each.decode() for each in await job.communicate())
    assert job.returncode == 1
    assert errors.startswith("crashing: migration 0004_x did not get its locks in 2 tries")
    assert "Traceback" not in errors
    assert out.count("a migration gives way") == 1


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
