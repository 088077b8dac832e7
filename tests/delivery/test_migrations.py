from kit.testing import schema_differences


async def test_the_migrated_database_is_what_the_models_say(servers):
    assert await schema_differences(servers, "services.delivery") == []
