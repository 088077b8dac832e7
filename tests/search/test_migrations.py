"""Models and migrated database agree."""

from kit.testing import schema_differences


async def test_the_migrations_make_what_the_models_say(servers):
    assert await schema_differences(servers, "services.search") == []
