"""``python -m kit.migrate services.review``: bring database and bus to what this version needs.

Upgrades the schema, then makes the streams and the service's durable consumer with the operator's
bus credentials. Run by one job before a version starts; running it again changes nothing. Each migration is a
transaction of its own: a run that dies leaves those that it has finished, and the next one goes on after them.
A migration waits for a lock for seconds only, since whoever comes later, even to read, waits behind it. Then it is
rolled back, gives way, and begins anew; when it has been held up too often the run ends, names it, and has status 1.
``--down REVISION`` takes migrations back, with what they added, where all of them say how.
"""

import argparse
import asyncio
import importlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from kit import messaging
from kit.settings import Settings
from kit.telemetry import log
from kit.worker import table_of

LOCK_TIMEOUT = "3s"
"""For each lock of a migration; less than the services wait for theirs."""
PAUSES_S = (1, 2, 4, 8, 8, 8, 8, 8, 8, 8)
"""Between the tries of one migration, for those who waited behind it: a minute and a half in all, with its waiting."""
HELD_UP = ("55P03", "40P01")
"""SQLSTATEs: a lock was not given in time, or would never have been (PostgreSQL, appendix A)."""
HOLDERS = text("""
    SELECT DISTINCT pid, coalesce(usename, backend_type) AS name, coalesce(state, 'unknown') AS state,
        extract(epoch FROM clock_timestamp() - xact_start)::int AS age_s
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE granted AND locktype = 'relation' AND datname = current_database() AND pid <> pg_backend_pid()
    ORDER BY age_s DESC NULLS LAST LIMIT 3
""")
"""Who holds locks in this database, the longest first; of others' sessions this user may not see state and age."""
ASK_AGAIN_S = 0.2
TAKE = text("SELECT pg_try_advisory_lock(hashtext('paet migrations'))")


class NeverBack(SystemExit):
    """A migration does not say how it is taken back; the text is for a terminal."""


class HeldUp(SystemExit):
    """A migration did not get its locks, however often it gave way; the text is for a terminal."""


def config_of(package: str) -> Config:
    """The Alembic configuration of a service, by its package."""
    module = importlib.import_module(package)
    config = Config()
    folder = Path(next(iter(module.__path__))) / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


async def upgrade(url: str, package: str, revision: str = "head") -> None:
    """Upgrade the database of a service to its newest schema, or to an older one, a transaction for each migration."""
    await _move(url, package, command.upgrade, revision)


async def downgrade(url: str, package: str, revision: str) -> None:
    """Take migrations back, the newest first, until the database stands at that one; what they added is lost.

    NeverBack before anything is changed.
    """
    newer = ScriptDirectory.from_config(config_of(package)).iterate_revisions("head", revision)
    if found := [each.revision for each in newer if not hasattr(each.module, "downgrade")]:
        raise NeverBack(f"{package}: nothing says how {', '.join(found)} is taken back; nothing was changed")
    await _move(url, package, command.downgrade, revision)


async def _move(url: str, package: str, move: Callable[[Config, str], None], revision: str) -> None:
    config = config_of(package)

    def run(connection: Connection) -> None:
        config.attributes["connection"] = connection
        move(config, revision)

    def moving(connection: Connection) -> str:
        """The file of the migration that is made next, or taken back."""
        script, at = ScriptDirectory.from_config(config), MigrationContext.configure(connection).get_current_revision()
        wanted = at if move is command.downgrade else [*script.iterate_revisions(revision, at or "base")][-1].revision
        return Path(script.get_revision(wanted or "").path).stem

    async with _alone(url) as connection:
        await _giving_way(connection, run, lambda: connection.run_sync(moving), package)


async def _giving_way(
    connection: AsyncConnection, run: Callable[[Connection], None], moving: Callable[[], Awaitable[str]], package: str
) -> None:
    """Run migrations; one that is held up begins anew after a pause. HeldUp."""
    tries: Counter[str] = Counter()
    while True:
        try:
            await connection.run_sync(run)
        except DBAPIError as error:
            await connection.rollback()
            if getattr(error.orig, "sqlstate", None) not in HELD_UP:
                raise
        else:
            return
        name, holders = await moving(), await _holders(connection)
        await connection.rollback()
        if tries[name] == len(PAUSES_S):
            msg = (
                f"{package}: migration {name} did not get its locks in {tries[name] + 1} tries and was not done; "
                f"a new run goes on with it. Locks of this database are held by: {holders}"
            )
            raise HeldUp(msg)
        log.warning("a migration gives way", package=package, migration=name, locks_held_by=holders)
        await asyncio.sleep(PAUSES_S[tries[name]])
        tries[name] += 1


async def _holders(connection: AsyncConnection) -> str:
    found = await connection.execute(HOLDERS)
    said = [f"pid {pid} of {name}, {state}" + f", {age} s" * (age is not None) for pid, name, state, age in found]
    return "; ".join(said) or "nobody any more"


async def revise(url: str, package: str, revision: str, message: str) -> None:
    """Write a new migration from the difference between models and database."""
    config = config_of(package)

    def run(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True, rev_id=revision)

    # One template serves all services; Alembic wants it beside the versions.
    template = Path(config.get_main_option("script_location") or "") / "script.py.mako"
    template.write_text(Path(__file__).with_name("migration.py.mako").read_text())
    try:
        async with _alone(url) as connection:
            await connection.run_sync(run)
    finally:
        template.unlink()


@asynccontextmanager
async def _alone(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url, connect_args={"server_settings": {"lock_timeout": LOCK_TIMEOUT}})
    try:
        async with engine.connect() as connection:
            await _wait_for_turn(connection)
            yield connection
    finally:
        await engine.dispose()


async def _wait_for_turn(connection: AsyncConnection) -> None:
    """Migrate a database alone, until the connection is closed: a second run finds the first one's work done.

    It asks again and again instead of waiting in the server, where it would hold up every index that is made beside
    others' work. It leaves the connection in no transaction: each migration begins its own.
    """
    while not await connection.scalar(TAKE):
        await connection.rollback()
        await asyncio.sleep(ASK_AGAIN_S)
    await connection.rollback()  # the lock is the connection's, not the transaction's


def settings_of(package: str) -> Settings:
    """The settings of a service, from the environment."""
    module = importlib.import_module(f"{package}.settings")
    settings: Settings = module.Settings()
    return settings


def filters_of(package: str, service: str) -> list[str]:
    """The subject filters of a service; none where nothing is consumed."""
    module = _module(f"{package}.consumers")
    return table_of(service, module).filters() if module else []


def _module(name: str) -> ModuleType | None:
    """A module that a service may have, or not."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


async def _provision_more(package: str, settings: Settings) -> None:
    """Let ``provision.py`` of a service, where there is one, make what it needs beside its own consumer."""
    module = _module(f"{package}.provision")
    if module is not None:
        async with messaging.as_operator(settings) as jetstream:
            await module.provision(jetstream, settings)


async def migrate(package: str) -> None:
    """Schema first, then the bus."""
    settings = settings_of(package)
    if not (settings.nats_operator_user and settings.nats_operator_password):
        # Without them a service would start with no queue, and nobody would see why.
        raise SystemExit("nats_operator_user and nats_operator_password are needed")
    await upgrade(settings.secret_of("database_url"), package)
    await messaging.provision(settings, filters_of(package, settings.service))
    await _provision_more(package, settings)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="+", help="e.g. services.review")
    parser.add_argument("--new", nargs=2, metavar=("REVISION", "MESSAGE"), help="write a migration")
    parser.add_argument("--down", metavar="REVISION", help="take back what is newer than that migration")
    arguments = parser.parse_args()
    for package in arguments.packages:
        if arguments.new:
            url = settings_of(package).secret_of("database_url")
            asyncio.run(revise(url, package, *arguments.new))
        elif arguments.down:
            asyncio.run(downgrade(settings_of(package).secret_of("database_url"), package, arguments.down))
        else:
            asyncio.run(migrate(package))
        print(f"{package} is at {arguments.down}" if arguments.down else f"{package} is up to date")


if __name__ == "__main__":
    main()
