"""``python -m kit.migrate services.review``: bring database and bus to what this version needs.

Upgrades the schema, then makes the streams and the service's durable consumer with the operator's
bus credentials. Run by one job before a version starts; running it again changes nothing. Each migration is a
transaction of its own: a run that dies leaves those that it has finished, and the next one goes on after them.
``--down REVISION`` takes migrations back, with what they added, where all of them say how.
"""

import argparse
import asyncio
import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from kit import messaging
from kit.settings import Settings
from kit.worker import table_of

ASK_AGAIN_S = 0.2
TAKE = text("SELECT pg_try_advisory_lock(hashtext('paet migrations'))")


class NeverBack(SystemExit):
    """A migration does not say how it is taken back; the text is for a terminal."""


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

    await _on_connection(url, run)


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
        await _on_connection(url, run)
    finally:
        template.unlink()


async def _on_connection(url: str, run: object) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            await _wait_for_turn(connection)
            await connection.run_sync(run)  # type: ignore[arg-type]
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
