"""The migrated database is what the models say; without its key the process does not start."""

import pytest
from pydantic import ValidationError

from kit.testing import environment_of, schema_differences
from services.approval.main import build
from services.approval.settings import Settings


async def test_models_and_migrated_database_agree(servers):
    assert await schema_differences(servers, "services.approval") == []


@pytest.mark.req("Y6", part="approval's key")
def test_start_without_the_encryption_key_is_refused(servers, tmp_path):
    environment = environment_of("approval", servers, "x", tmp_path)
    with pytest.raises(ValidationError, match="officer_key_encryption_key"):
        Settings(**environment)
    with pytest.raises(ValueError, match="32 bytes"):
        build(Settings(**environment, officer_key_encryption_key="c2hvcnQ"))
