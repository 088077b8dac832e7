"""A wallet of others gets the document, shows parts of it, and everybody sees what it is worth, through the gateway."""

from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from kit.clients import Peers
from kit.clock import BANGKOK, clock
from services.issuance.models import Credential, Document
from tests.authorisation.conftest import SETTINGS
from tests.gateway.serving import served
from tests.issuance.conftest import FORM, NAME, Registry, licence
from tests.issuance.wallets import MISSING, wallet

pytestmark = pytest.mark.skipif(MISSING, reason="node and npm are not installed")


@asynccontextmanager
async def platform(harness_of):
    """Issuance behind the gateway, both over HTTP."""
    async with (
        harness_of("gateway", role="api", **SETTINGS.get("gateway", dict)()) as gateway,
        served(gateway.app) as url,
        harness_of("issuance", public_url=url) as issuance,
        served(issuance.app) as behind,
    ):
        peers = Peers({"issuance": behind}, gateway.kit.assertions)
        gateway.kit.use_peers(peers)
        issuance.publish(licence())
        yield gateway, Registry(issuance)
        await peers.close()


async def offered(gateway, event, person):
    answer = await gateway.client.post(
        f"/v1/journeys/{event.journey}/credential-offers", headers=gateway.citizen(person)
    )
    assert answer.status_code == 201, answer.text
    return {name: answer.json()[name] for name in ("offer_uri", "tx_code")}


async def becomes(registry, row, state):
    async with registry.kit.database.engine.begin() as connection:
        await connection.execute(update(Document).where(Document.id == row["id"]).values(state=state))


@pytest.mark.req("L5")
async def test_a_wallet_gets_the_document_and_shows_what_it_is_worth(harness_of):
    async with platform(harness_of) as (gateway, registry), wallet() as mine:
        person = uuid4()
        event, row = await registry.issued(person=person)
        got = await mine.does("accept", **await offered(gateway, event, person))
        assert list(got["configurations"]) == ["test-licence"]
        (kept,) = await registry.harness.rows(select(Credential))
        assert kept["fate"] == "credential_accepted"
        asked = {"number": True, "shown": {"shop_name": True}}
        shown = await mine.does("show", claims=asked)
        check_shown(shown, row)
        everything = await mine.does("show", claims=asked | {"holder_name": True, "valid_until": True})
        assert everything["payload"]["holder_name"] == NAME
        assert everything["payload"]["valid_until"] == row["valid_until"].isoformat()
        for state, value in (("suspended", 2), ("issued", 0), ("revoked", 1)):
            await becomes(registry, row, state)
            status = (await gateway.client.get(f"/v1/verifications/{row['token']}")).json()["status"]
            assert status == {"issued": "valid"}.get(state, state)
            assert (await mine.does("show", claims=asked))["status"] == value


def check_shown(shown, row):
    payload = shown["payload"]
    assert (shown["header"]["typ"], shown["header"]["alg"], shown["kb"]["typ"]) == ("dc+sd-jwt", "ES256", "kb+jwt")
    assert payload["number"] == f"TEST-{row['year']}-000001"
    assert payload["shown"]["shop_name"] == FORM["shop_name"]
    assert NAME not in str(payload)
    assert not {"title", "holder_name", "valid_until", "area"} & {*payload, *payload["shown"]}
    assert shown["type"]["vct"] == payload["vct"]
    over = payload["exp"] - clock.now().timestamp()
    assert 0 < over <= 366 * 86_400
    assert payload["exp"] % 86_400 == 86_400 - 7 * 3_600, "midnight in Bangkok"
    assert BANGKOK.key == "Asia/Bangkok"
    assert shown["status"] == 0


@pytest.mark.req("L5", part="a document that is still being made")
async def test_a_wallet_comes_back_for_what_is_still_being_made(harness_of):
    async with platform(harness_of) as (gateway, registry), wallet() as mine:
        person = uuid4()
        event = registry.arrive(person=person, sealable=False)
        await registry.harness.deliver(event)
        (row,) = await registry.settled(event, state="failed")
        assert await mine.does("accept", **await offered(gateway, event, person)) == {"is_deferred": True}
        assert await mine.does("collect") == {"is_deferred": True}
        registry.seals[event.journey] = "sealed"
        officer = registry.harness.officer("administrator")
        again = await registry.client.post(f"/documents/{row['id']}/retry", headers=officer)
        assert again.status_code == 202
        (row,) = await registry.settled(event)
        assert (await mine.does("collect"))["credential"]
        check_shown(await mine.does("show", claims={"number": True, "shown": {"shop_name": True}}), row)
