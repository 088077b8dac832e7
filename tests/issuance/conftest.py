"""Fixtures of issuance: the service with definitions that have real templates, and journeys that come to it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import delete, update
from sqlmodel import select

from kit.clients import PeerRefused
from kit.clock import clock, local_date
from kit.cloudevents import Event
from kit.contracts.claims import ApplicationClaim, CaseClaim, DecisionClaim, PersonClaim, Receipt, ReceiptClaim
from kit.contracts.definition import Bundle
from kit.contracts.events import Paid, Recommended, Withdrawn
from kit.contracts.journey import Outcome
from kit.storage import Files
from kit.testing import Harness, open_harness
from services.issuance.domain import STATUS_WORDS, Status
from services.issuance.models import CredentialGrant, CredentialOffer, Document, Number, SpentNonce
from tests.bundles import SOURCE, document_bundle, licence_bundle

TEMPLATES = Path(__file__).parent / "templates"
FORM = {
    "shop_name": "ร้านข้าวแกงแม่สมใจ & Sons <สาขา ๒>",
    "area": 120,
    "place_address": "๑๒/๓ ซอยสุขุมวิท ๗๗ แขวงพระโขนงเหนือ เขตวัฒนา กรุงเทพมหานคร",
}
NAME = "นางสาวกนกวรรณ ศรีสุขสมบูรณ์ทรัพย์"
PID, PID_MASKED = "1234567890121", "x-xxxx-xxxxx-12-1"
DIGEST = "5f" * 32
PERSON = UUID("0190a5d0-0000-7000-8000-00000000000a")
REASONS = {"facts": "ตรวจพบการปรุงอาหารไม่ถูกสุขลักษณะ", "law": "กฎหมายทดสอบ มาตรา ๑", "considerations": "เพื่อประโยชน์สาธารณะ"}


def with_template(bundle: Bundle, template: str) -> Bundle:
    """The bundle with that text as its template."""
    return bundle.model_copy(update={"files": bundle.files | {"document.typ": template}})


def licence(template: str | None = None, **fields: Any) -> Bundle:
    """A licence: approved and paid for."""
    text = template or (TEMPLATES / "licence.typ").read_text(encoding="utf-8")
    return with_template(licence_bundle(**fields), text)


def certificate(template: str | None = None, **fields: Any) -> Bundle:
    """A certificate: free, the reviewer decides."""
    text = template or (TEMPLATES / "certificate.typ").read_text(encoding="utf-8")
    return with_template(document_bundle(identifier="test-certificate", **fields), text)


def living(template: str | None = None, **settings: Any) -> Bundle:
    """A licence with limits: suspended for 15 days and twice at the most, a substitute within 15 days."""
    life = {
        "suspension": {"days": 15, "times": 2, "source": SOURCE},
        "substitute": {"within_days": 15, "source": SOURCE},
        "renewal": {"days_before": 90, "source": SOURCE},
    }
    bundle = licence(template)
    step = bundle.definition.plan[-2]
    changed = type(step).model_validate(step.model_dump() | {"life": life} | settings)
    plan = (*bundle.definition.plan[:-2], changed, bundle.definition.plan[-1])
    definition = bundle.definition.model_copy(update={"plan": plan, "version": 7})
    return bundle.model_copy(update={"definition": definition})


class Registry:
    """The service, and what the others would say of the journeys that come to it."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.client = harness.client
        self.kit = harness.kit
        self.peers = harness.peers
        self.seals: dict[UUID, str | Exception] = {}
        """What request says when it is asked to seal an application: ``sealed``, ``withdrawn``, or an error."""
        self.peers.answer("request", "POST", "/internal/seals", self._seal)

    def _seal(self, asked: dict[str, Any]) -> dict[str, Any]:
        said = {each: self.seals.get(UUID(each), PeerRefused("request", 404, {})) for each in asked["ids"]}
        for answer in said.values():
            if isinstance(answer, Exception):
                raise answer
        return {"withdrawn": [each for each, answer in said.items() if answer == "withdrawn"]}

    def arrive(self, person: UUID | None = None, form: dict[str, Any] | None = None, sealable: bool = True) -> Event:
        """A hand-over of the definition published last, with everything the peers know of its journey."""
        assert self.harness.bundle is not None
        is_approved = self.harness.bundle.definition.id == "test-licence"
        fact, at = (Paid, "licence-fee") if is_approved else (Recommended, "review")
        event = self.harness.handover(fact, at=at)
        journey, person = event.journey, person or uuid4()
        self.peers.know("request", "applications", journey, _application(event, person, form or FORM))
        self.peers.know("identity", "persons", person, _person(person))
        self.peers.know("approval", "decisions", journey, _decision(journey))
        self.peers.know("review", "cases", journey, _case(journey))
        self.peers.know("payment", "receipts", journey, _receipts(journey))
        if sealable:
            self.seals[journey] = "sealed"
        return event

    def withdrawal(self, event: Event) -> Event:
        """The applicant takes the application of that journey back."""
        return self.harness.handover(Withdrawn, at="request", journey=event.journey, outcome=Outcome.WITHDRAWN)

    async def document(self, event: Event) -> dict[str, Any]:
        """The one document of a journey."""
        (row,) = await self.harness.rows(select(Document).where(Document.journey_id == event.journey))
        return row

    async def numbers(self) -> list[dict[str, Any]]:
        """The register of numbers, in order."""
        return sorted(await self.harness.rows(select(Number)), key=lambda row: (row["year"], row["running"]))

    async def settled(self, *events: Event, state: str = "issued") -> list[dict[str, Any]]:
        """Wait until the documents of these journeys are in that state."""

        async def there() -> list[dict[str, Any]]:
            rows = [await self.document(event) for event in events]
            return rows if all(row["state"] == state for row in rows) else []

        found: list[dict[str, Any]] = await self.harness.until(there, seconds=60)
        return found

    async def issued(self, **how: Any) -> tuple[Event, dict[str, Any]]:
        """Let a journey arrive and its document be issued."""
        event = self.arrive(**how)
        await self.harness.deliver(event)
        (row,) = await self.settled(event)
        return event, row

    async def family(self, event: Event) -> list[dict[str, Any]]:
        """Every document of a journey, the first one first."""
        query = select(Document).where(Document.journey_id == event.journey).order_by(Document.id)
        return await self.harness.rows(query)

    async def succeeded(self, event: Event, count: int = 2) -> list[dict[str, Any]]:
        """Wait until a journey has so many documents and the last one is on the register."""

        async def there() -> list[dict[str, Any]]:
            rows = await self.family(event)
            return rows if len(rows) == count and rows[-1]["issued_at"] else []

        found: list[dict[str, Any]] = await self.harness.until(there, seconds=60)
        return found

    async def pdf(self, row: dict[str, Any]) -> bytes:
        """The stored file of a document."""
        return await self.kit.resource(Files).get(row["stored_as"])


def _application(event: Event, person: UUID, form: dict[str, Any]) -> ApplicationClaim:
    return ApplicationClaim(
        journey=event.journey, application=uuid4(), number="22000000-FOOD-69-000001", definition=event.definition,
        agency=event.agency, person=person, form=form, email="somjai@example.com", language="th",
        submitted_at=clock.now(), legally_received_at=clock.now(), is_open=True,
    )  # fmt: skip


def _person(person: UUID) -> PersonClaim:
    return PersonClaim(
        person=person, name_th=NAME, name_en=None, pid_masked=PID_MASKED, pid=PID, birthdate="1990-01-31",
        address="๙๙ หมู่ ๙ ตำบลในเมือง",
    )  # fmt: skip


def _decision(journey: UUID) -> DecisionClaim:
    return DecisionClaim(
        journey=journey, decision=uuid4(), result="granted", authority_th="ผู้อำนวยการเขต",
        authority_en="District director", rule_th=None, facts="ลับเฉพาะ", law="ก", considerations="ข",
        decided_at=clock.now(), digest=DIGEST, signature="x",
    )  # fmt: skip


def _case(journey: UUID) -> CaseClaim:
    return CaseClaim(
        journey=journey, case=uuid4(), reviewer=uuid4(), rule=None, result="recommended", facts="ลับเฉพาะ", law="ก",
        considerations="ข", decided_at=clock.now(),
    )  # fmt: skip


def _receipts(journey: UUID) -> ReceiptClaim:
    receipt = Receipt(number="BMA-2569-000007", amount_satang=100_000, paid_at=clock.now(), step="licence-fee")
    return ReceiptClaim(journey=journey, receipts=[receipt])


class Office:
    """Two officers of the agency and the holder, at one document."""

    def __init__(self, registry: Registry, row: dict[str, Any]) -> None:
        self.registry, self.row = registry, row
        self.first, self.second = uuid4(), uuid4()
        self.at = f"/licences/{row['id']}"

    def officer(self, officer: UUID | None = None, role: str = "approver", **claims: Any) -> dict[str, str]:
        """Headers of an officer of the agency."""
        return self.registry.harness.officer(role, officer=officer or self.first, **claims)

    async def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """Ask for an act, as the first officer unless another is named."""
        return await self.registry.client.post(path, json=body or {}, headers=headers or self.officer())

    async def propose(self, act: str, **said: Any) -> httpx.Response:
        """Propose as the first officer."""
        return await self.post(f"{self.at}/acts", REASONS | {"act": act} | said)

    async def confirm(self, proposal: str, officer: UUID | None = None) -> httpx.Response:
        """Confirm as the second officer unless another is named."""
        path = f"{self.at}/acts/{proposal}/confirmation"
        return await self.post(path, headers=self.officer(officer or self.second))

    async def act(self, act: str, **said: Any) -> dict[str, Any]:
        """Propose and confirm."""
        proposed = await self.propose(act, **said)
        assert proposed.status_code == 201, proposed.text
        confirmed = await self.confirm(proposed.json()["id"])
        assert confirmed.status_code == 200, confirmed.text
        return dict(confirmed.json())

    async def waiting(self) -> list[dict[str, Any]]:
        """What waits to be confirmed or rejected in the agency."""
        return [each async for page in self.pages("/licence-acts") for each in page]

    async def pages(self, path: str, **query: Any) -> AsyncIterator[list[dict[str, Any]]]:
        """The pages of a list, each asked for with the cursor of the one before."""
        following: dict[str, Any] | None = query
        while following is not None:
            answer = await self.registry.client.get(path, params=following, headers=self.officer())
            assert answer.status_code == 200, answer.text
            yield answer.json()["items"]
            following = query | {"cursor": answer.json()["next"]} if answer.json()["next"] else None

    def holder(self) -> dict[str, str]:
        """Headers of whose document it is."""
        return self.registry.harness.citizen(self.row["person_id"])

    async def lose(self, reason: str = "lost", known_on: Any = None) -> httpx.Response:
        """The holder asks for a substitute."""
        body = {"reason": reason, "known_on": str(known_on or local_date(clock.now()))}
        return await self.post(f"/journeys/{self.row['journey_id']}/document/substitutes", body, self.holder())

    async def substitute(self, event: Event) -> list[dict[str, Any]]:
        """Ask, grant, wait: the documents of the journey."""
        wish = (await self.lose()).json()["id"]
        granted = await self.post(f"/substitutes/{wish}/grant")
        assert granted.status_code == 202, granted.text
        return await self.registry.succeeded(event)

    async def statuses(self, row: dict[str, Any] | None = None) -> set[str]:
        """What every place says that a document is worth."""
        row = row or self.row
        client, token = self.registry.client, row["token"]
        found = {(await client.get(f"/verifications/{token}")).json()["status"]}
        number = Document(**row).number
        entries = (await client.get("/register", params={"q": number})).json()["items"]
        found |= {each["status"] for each in entries if each["number"] == number}
        for status in Status:
            some = (await client.get("/register", params={"q": number, "status": status})).json()["items"]
            found |= {status.value for each in some if each["number"] == number}
        for page in (f"/verify/{token}", f"/verify/{token}/display"):
            words = (await client.get(page, params={"language": "th"})).text
            found |= {each.value for each in Status if STATUS_WORDS[each].th in words}
        return found


@pytest.fixture
async def registry(harness_of):
    async with harness_of("issuance") as harness:
        harness.publish(licence())
        yield Registry(harness)


@pytest.fixture(scope="module")
async def office(servers, tmp_path_factory):
    """The service with one issued document, for all tests of a file."""
    async with open_harness("issuance", servers, tmp_path_factory.mktemp("issuance")) as harness:
        harness.publish(licence())
        registry = Registry(harness)
        registry.event, registry.row = await registry.issued(person=PERSON)
        yield registry


@pytest.fixture
async def desk(office):
    """The office: its document is in force, and no wallet has asked for it lately."""
    async with office.kit.database.engine.begin() as connection:
        for table in (CredentialOffer, CredentialGrant, SpentNonce):
            await connection.execute(delete(table))
        values = {"state": "issued", "valid_until": office.row["valid_until"]}
        await connection.execute(update(Document).where(Document.id == office.row["id"]).values(**values))
    return office
