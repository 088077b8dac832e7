from kit.testing import schema_differences


async def test_models_are_the_migrated_schema(servers):
    assert await schema_differences(servers, "gateway") == []
