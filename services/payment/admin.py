"""The command line of payment: ``python -m services.payment.admin``. Works on the database directly.

For statements that a bank leaves as files, larger than a request may be. Every command may be run again.
"""

import argparse
import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import get_args

from pydantic import TypeAdapter

from kit.clock import clock
from kit.contracts.codes import AgencyCode
from kit.database import Database
from kit.errors import Problem
from services.payment import commands
from services.payment.settings import Settings
from services.payment.statements import READERS, Provider

MOST_BYTES = 64 * 1024 * 1024
MEDIA_TYPES = {".csv": "text/csv", ".xml": "application/xml"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Take a file in and say what was new in it; what is wrong with it is named line by line, with status 1."""
    options = _parser().parse_args(arguments)
    settings = Settings()
    clock.configure(settings.clock_offset_file, settings.environment)
    try:
        print(asyncio.run(_import(settings, _file(options), options.agency)))  # noqa: T201
    except Problem as problem:
        faults = [f"{each.pointer}: {each.detail.en}" for each in problem.errors]
        raise SystemExit("\n".join([problem.title.en, *faults])) from problem


def _file(options: argparse.Namespace) -> commands.File:
    """Read the file before anything is opened."""
    path: Path = options.file
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"more than {MOST_BYTES} bytes; split it")
    content = path.read_bytes()
    told = READERS[MEDIA_TYPES[path.suffix.lower()]](content)
    return commands.File(options.provider, content, told, options.first_day, options.last_day, options.biller)


async def _import(settings: Settings, file: commands.File, agency: str) -> str:
    database = Database(settings.secret_of("database_url"), pool=1)
    try:
        async with database.transaction() as session:
            statement, is_new = await commands.import_statement(session, agency, file, None)
    finally:
        await database.dispose()
    told_before = "" if is_new else ", taken in before"
    return f"{statement.id}: {statement.lines} lines, {statement.new_lines} new{told_before}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="services.payment.admin", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    verb = verbs.add_parser("import-statement", help="take in a bank's statement: CSV (.csv) or camt.053 (.xml)")
    verb.add_argument("file", type=_path)
    verb.add_argument("--agency", required=True, type=_agency, help="8 digits")
    verb.add_argument("--provider", default="scb", choices=get_args(Provider))
    verb.add_argument("--first-day", type=date.fromisoformat, help="of a file that does not say its days itself")
    verb.add_argument("--last-day", type=date.fromisoformat)
    verb.add_argument("--biller", help="of a file without any line")
    return parser


def _path(text: str) -> Path:
    """A ValueError makes argparse say that the value is invalid."""
    path = Path(text)
    if path.suffix.lower() not in MEDIA_TYPES or not path.is_file():
        msg = "no .csv or .xml file"
        raise ValueError(msg)
    return path


def _agency(text: str) -> str:
    return TypeAdapter(AgencyCode).validate_python(text)


if __name__ == "__main__":
    main()
