"""Models and migrated database agree."""

from uuid import uuid4

import pytest
import sqlalchemy as sql

from kit.migrate import downgrade
from kit.testing import schema_differences
from services.request.models import Correction


async def test_the_migrations_make_what_the_models_say(servers):
    assert await schema_differences(servers, "services.request") == []


async def test_what_was_corrected_is_not_taken_back_with_its_table(desk):
    journey = await desk.filed(uuid4())
    record = await desk.record(journey)
    url = desk.harness.kit.database.engine.url.render_as_string(hide_password=False)
    with pytest.raises(RuntimeError, match="1 corrections"):
        await downgrade(url, "services.request", "0003")
    assert [row["id"] for row in await desk.harness.rows(sql.select(Correction.id))] == [record.defect]
