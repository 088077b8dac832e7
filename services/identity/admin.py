"""The command line of identity: ``python -m services.identity.admin``. Works on the database directly.

For the first officers and clients of an installation, and for rotating the signing key. Every command may be
run again: it makes things be as it says.
"""

import argparse
import asyncio
import json
import secrets
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.contracts.codes import AgencyCode
from kit.database import Database
from kit.errors import Problem
from services.identity import commands
from services.identity.domain import ROLES, SCOPES, checked_pid
from services.identity.settings import Settings

Command = Callable[[AsyncSession, Settings, argparse.Namespace], Awaitable[str]]


async def create_officer(session: AsyncSession, settings: Settings, options: argparse.Namespace) -> str:
    """Make a person an active officer; prints the officer's id."""
    pid = checked_pid(sys.stdin.readline() if options.pid == "-" else options.pid)
    if pid is None:
        raise SystemExit("not a valid 13-digit number")
    roles = _words(options.roles, ROLES)
    officer = await commands.ensure_officer(session, settings.vault(), pid, options.agency, roles)
    return str(officer.id)


async def create_client(session: AsyncSession, _settings: Settings, options: argparse.Namespace) -> str:
    """Make a client exist; id and secret stand in the file (JSON), made when it is absent; prints the id."""
    kept = _read_secret(options.secret_file)
    secret = kept.get("client_secret") or secrets.token_urlsafe(32)
    scopes = _words(options.scopes, SCOPES)
    client = await commands.ensure_client(session, options.name, options.agency, scopes, secret)
    if (found := {"client_id": str(client.id), "client_secret": secret}) != kept:
        _write_secret(options.secret_file, found)
    return str(client.id)


async def rotate_key(session: AsyncSession, settings: Settings, _options: argparse.Namespace) -> str:
    """Publish a new signing key, which signs as soon as every service has had time to fetch it."""
    row = await commands.rotate_key(session, settings.vault(), timedelta(seconds=settings.key_ahead_seconds))
    return f"{row.kid} signs from {row.active_from.isoformat()}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command, or those that a batch brings on standard input."""
    options = _parser().parse_args(arguments)
    jobs = [options] if hasattr(options, "command") else _batch(sys.stdin)
    settings = Settings()
    for job in jobs:
        try:
            print(asyncio.run(_run(job.command, settings, job)))  # noqa: T201
        except Problem as problem:
            raise SystemExit(problem.title.en) from problem


def _batch(lines: Iterable[str]) -> list[argparse.Namespace]:
    """Read commands, one JSON array of arguments a line: numbers stay out of the list of processes."""
    return [_parser().parse_args(json.loads(line)) for line in lines if line.strip()]


async def _run(command: Command, settings: Settings, options: argparse.Namespace) -> str:
    database = Database(settings.secret_of("database_url"), pool=1)
    try:
        async with database.transaction() as session:
            return await command(session, settings, options)
    finally:
        await database.dispose()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="services.identity.admin", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    officer = verbs.add_parser("create-officer", help=create_officer.__doc__)
    officer.add_argument("--pid", required=True, help="13 digits; - reads them from standard input")
    officer.add_argument("--roles", required=True, help=f"comma between; of {', '.join(ROLES)}")
    client = verbs.add_parser("create-client", help=create_client.__doc__)
    client.add_argument("--name", required=True)
    client.add_argument("--scopes", required=True, help=f"comma between; of {', '.join(SCOPES)}")
    client.add_argument("--secret-file", required=True, type=Path)
    for verb in (officer, client):
        verb.add_argument("--agency", required=True, type=_agency, help="8 digits, or platform")
    rotate = verbs.add_parser("rotate-key", help=rotate_key.__doc__)
    verbs.add_parser("batch", help="commands on standard input, one JSON array of arguments a line")
    commands_of = {officer: create_officer, client: create_client, rotate: rotate_key}
    for verb, command in commands_of.items():
        verb.set_defaults(command=command)
    return parser


def _agency(text: str) -> str:
    """A ValueError makes argparse say that the value is invalid."""
    return TypeAdapter(AgencyCode).validate_python(text)


def _words(text: str, known: tuple[Any, ...]) -> list[str]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or (unknown := set(words) - set(known)):
        raise SystemExit(f"unknown: {', '.join(sorted(unknown)) if words else 'nothing given'}")
    return words


def _read_secret(path: Path) -> dict[str, str]:
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return kept


def _write_secret(path: Path, content: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(json.dumps(content) + "\n", encoding="utf-8")
    new.replace(path)


if __name__ == "__main__":
    main()
