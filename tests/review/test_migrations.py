"""The migrated database is what the models say."""

from kit.testing import schema_differences


async def test_models_and_migrated_database_agree(servers):
    assert await schema_differences(servers, "services.review") == []
