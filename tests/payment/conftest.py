from functools import partial

import asyncpg
import httpx
import pytest

from kit.clock import clock
from kit.contracts.claims import ApplicationClaim
from kit.database import plumbing
from kit.local.doubles import running
from kit.local.doubles.bank import create_app
from kit.local.doubles.bank.book import Payment
from kit.local.doubles.bank.callback import confirmation
from kit.local.doubles.card import CardDesk
from kit.local.ports import free_port
from kit.testing import open_harness
from services.payment.models import METADATA
from tests import bundles
from tests.bundles import licence_bundle
from tests.payment.counting import Office, standing_clock

CARDS = {"card_secret_key": "skey", "card_webhook_secret": "whsec_c2VjcmV0IG9mIHRoZSB3ZWJob29rcw=="}


def paying(identifier, **payment):
    """The licence with other settings of its payment step."""
    return bundles.bundle(
        bundles.SEARCH, bundles.IDENTITY, bundles.REQUEST, bundles.REVIEW, bundles.APPROVAL, bundles.PAYMENT | payment,
        bundles.ISSUANCE, bundles.DELIVERY, identifier=identifier,
    )  # fmt: skip


class Bank:
    """The sandbox bank, and what its callback would say."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def pay(self, **order) -> list[dict]:
        """Pay as the payer's app does and return the bodies of the callbacks."""
        answer = await self.http.post("/_control/pay", json=order)
        assert answer.status_code == 201, answer.text
        return [confirmation(Payment(**each)) for each in answer.json()["payments"]]

    async def fail(self, mode: str, times: int | None = None) -> None:
        (await self.http.post("/_control/misbehave", json={"mode": mode, "times": times})).raise_for_status()


@pytest.fixture
async def bank(monkeypatch):
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    cards = CardDesk.open(
        secret_key=CARDS["card_secret_key"], webhook_secret=CARDS["card_webhook_secret"], late_seconds=1
    )
    app = create_app(key="key", secret="secret", late_seconds=1, cards=cards)
    with running(app, free_port()) as url:
        async with httpx.AsyncClient(base_url=url) as http:
            yield Bank(http)


@pytest.fixture
async def payment(harness_of, bank):
    url = str(bank.http.base_url).rstrip("/")
    settings = {"bank_url": url, "bank_api_key": "key", "bank_api_secret": "secret", "card_url": f"{url}/card"} | CARDS
    async with harness_of("payment", **settings) as harness:
        harness.publish(licence_bundle())
        yield harness


def granting(payment, area=120, person=None, bundle=None):
    """A hand-over from approval, with the application that request would show."""
    from kit.contracts.events import Granted

    if bundle is not None:
        payment.publish(bundle)
    event = payment.handover(Granted, at="approval")
    claim = ApplicationClaim(
        journey=event.journey, application=event.journey, number="22000000-FOOD-69-000001",
        definition=event.definition, agency=event.agency, person=person, form={"shop_name": "ก", "area": area},
        email=None, language="th", submitted_at=clock.now(), legally_received_at=clock.now(), is_open=True,
    )  # fmt: skip
    payment.peers.know("request", "applications", event.journey, claim)
    return event


@pytest.fixture
def granted(payment):
    """A hand-over from approval, with the application that request would show."""
    return partial(granting, payment)


@pytest.fixture
def granted_in():
    """The same in any harness."""
    return granting


@pytest.fixture(scope="module")
async def shared(servers, tmp_path_factory):
    """One service for all tests of a module, which nothing but them moves; each begins with empty tables."""
    settings = {"bank_url": "http://127.0.0.1:9", "bank_api_key": "key", "bank_api_secret": "secret"}
    async with open_harness("payment", servers, tmp_path_factory.mktemp("payment"), **settings) as harness:
        harness.publish(licence_bundle())
        yield harness


@pytest.fixture
def tomorrow():
    with standing_clock() as advance:
        yield advance


@pytest.fixture
async def office(tomorrow, shared):
    await emptied(shared)
    return Office(shared, partial(granting, shared))


async def emptied(payment) -> None:
    """What only grows is emptied behind the back of its triggers."""
    tables = [name for name in (*METADATA.tables, *plumbing.tables) if name not in ("section", "alembic_version")]
    url = payment.kit.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(url)
    deletes = "".join(f'DELETE FROM "{name}";' for name in tables)
    await connection.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {deletes} COMMIT;")
    await connection.close()
