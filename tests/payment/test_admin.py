"""The command line as an installation uses it: a file of the bank comes in without a cashier."""

import asyncio
import json

import pytest
from sqlmodel import select

from services.payment.admin import main
from services.payment.models import Statement
from tests.payment.counting import BILLER, DAY, FEE, line, table

pytestmark = pytest.mark.req("P8", part="statements by the operator's command")


@pytest.fixture
def admin(office, monkeypatch, capsys):
    """Run the program in a thread, where it has an event loop of its own; what it prints, or why it ends."""
    settings = office.payment.kit.settings
    names = (
        "nats_url", "nats_user", "trust_dir", "service_key_file", "public_url", "bank_url", "bank_api_key",
        "storage_url",
    )  # fmt: skip
    environment = {name: str(getattr(settings, name)) for name in names} | {
        "environment": "development", "peers": json.dumps(settings.peers),
        "database_url": settings.secret_of("database_url"), "nats_password": settings.secret_of("nats_password"),
        "bank_api_secret": "secret",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(f"PAET_{name.upper()}", value)

    async def run(path, *options: str) -> str:
        try:
            await asyncio.to_thread(main, ["import-statement", str(path), "--agency", "22000000", *options])
        except SystemExit as ended:
            return str(ended.code)
        return capsys.readouterr().out.strip()

    return run


async def test_a_file_comes_in_by_command_and_again_changes_nothing(office, admin, tmp_path, tomorrow):
    row, transaction = await office.paid()
    file = tmp_path / "statement.csv"
    file.write_bytes(table(line(transaction, row["reference1"]), line("T-1", "NOBODY")))
    tomorrow()
    assert (await admin(file)).endswith(": 2 lines, 2 new")
    assert (await admin(file)).endswith(": 2 lines, 2 new, taken in before")
    assert await office.parity() == {"matched": (1, FEE, FEE), "reference": (1, FEE, 0)}
    (statement,) = await office.payment.rows(select(Statement))
    assert statement["imported_by"] is None


async def test_what_is_wrong_is_said_line_by_line_and_nothing_is_stored(office, admin, tmp_path):
    await office.billed()
    file = tmp_path / "statement.csv"
    file.write_bytes(table(line("T-1", "NOBODY"), line("T-2", "NOBODY", 0)))
    assert "/3/amount: baht" in await admin(file)
    file.write_bytes(table())
    assert "period" in await admin(file)
    assert await admin(tmp_path / "statement.txt") == "2"
    assert await admin(file, "--first-day", str(DAY), "--last-day", "never") == "2"
    assert await admin(file, "--provider", "other") == "2"
    assert await office.payment.rows(select(Statement)) == []
    day = ("--first-day", "2026-11-01", "--last-day", "2026-11-01", "--biller", BILLER)
    assert (await admin(file, *day)).endswith(": 0 lines, 0 new")
