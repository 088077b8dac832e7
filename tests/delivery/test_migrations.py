"""Models and migrated database agree, and what a release before has done is known to this one."""

from datetime import date
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import select

from kit.clock import clock
from kit.cloudevents import compose
from kit.contracts.claims import ErasureClaim
from kit.contracts.events import CalendarChanged, DeliveryErasureAnswered, ErasureRequested
from kit.database import DUE_WORK, INBOX
from kit.erasing import ERASE
from kit.migrate import downgrade, upgrade
from kit.testing import open_harness, schema_differences

PACKAGE = "services.delivery"


async def test_the_migrated_database_is_what_the_models_say(servers):
    assert await schema_differences(servers, PACKAGE) == []


@pytest.mark.req("Y4", part="an erasure that the release before has answered is not answered again")
async def test_what_the_release_before_has_answered_is_not_answered_again(servers, tmp_path):
    """It noted nothing, but told it; to go back and on again loses neither that nor what is planned."""
    database, answered, waiting = await servers.new_database(PACKAGE), uuid4(), uuid4()
    url, mail = servers.url_of(database), {"smtp_port": 9, "smtp_tls": False}
    told = [
        compose(DeliveryErasureAnswered(erasure=answered, records=()), subject=answered),
        compose(CalendarChanged(day=date(2026, 12, 7), is_workday=False), subject="2026-12-07"),
    ]
    await downgrade(url, PACKAGE, "0010")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    for event in told:
        row = event.id, event.address, event.to_json().decode()
        await connection.execute("INSERT INTO outbox (id, address, body, sent_at) VALUES ($1, $2, $3, now())", *row)
    planned = ERASE, str(waiting), f'{{"person": "{uuid4()}"}}'
    await connection.execute("INSERT INTO due_work (kind, key, payload, due_at) VALUES ($1, $2, $3, now())", *planned)
    await connection.close()
    await upgrade(url, PACKAGE)
    async with open_harness("delivery", servers, tmp_path, database=database, **mail) as delivery:
        claim = ErasureClaim(erasure=answered, person=uuid4(), requested_at=clock.now())
        delivery.peers.know("identity", "erasures", answered, claim)
        event = compose(ErasureRequested(erasure=answered), subject=answered)
        await delivery.deliver(event)
        assert event.id in {row["id"] for row in await delivery.rows(select(INBOX.c.id))}

        async def is_done():
            return not await delivery.rows(select(DUE_WORK.c.key).where(DUE_WORK.c.kind == ERASE))

        await delivery.until(is_done)
        answers = [each.data.erasure for each in await delivery.facts(DeliveryErasureAnswered)]
        assert answers == [answered, waiting]
    await servers.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
