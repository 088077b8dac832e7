"""The migration job: it brings database and bus, or says what it lacks before it touches anything."""

import pytest

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
