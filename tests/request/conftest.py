"""Fixtures of request: the service with two definitions published, and journeys on it."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.claims import Defect, DefectClaim
from kit.contracts.events import DefectRecorded
from kit.testing import Harness
from kit.workdays import Calendar
from tests.bundles import information_bundle, licence_bundle
from tests.request.defects import TUESDAY

FORM = {"shop_name": "ร้านข้าวแกงแม่สมใจ", "area": 120, "place_address": "๑๒/๓ ถนนสุขุมวิท"}

CORRECTED = FORM | {"place_address": "๑๒/๔ ถนนสุขุมวิท"}
ADDRESS = Defect(pointer="/place_address", what="เลขที่ไม่ตรงกับทะเบียนบ้าน", law="คู่มือประชาชน ข้อ 2")
PLAN = Defect(what="ไม่มีแผนผังสถานที่", law="คู่มือประชาชน ข้อ 3")


def record_of(journey: UUID, *items: Defect, recorded_at: datetime | None = None, **fields: Any) -> DefectClaim:
    """A record of defects as review answers it: of the address, unless others are given, to be corrected in a week."""
    at = recorded_at or clock.now()
    days = fields.get("days", 7)
    said: dict[str, Any] = {
        "journey": journey, "defect": uuid7(), "case": uuid4(), "items": list(items) or [ADDRESS], "days": days,
        "recorded_at": at, "due_at": Calendar().add(at, days, "calendar_days"), "officer": uuid4(),
        "officer_name": "สมชาย ใจดี", "officer_position": "เจ้าพนักงานสาธารณสุข", "uncorrected": "returned",
        "law_th": "พระราชบัญญัติทดสอบ มาตรา 9", "law_en": "Test Act, section 9", "appeal_th": "อุทธรณ์ได้ภายใน 15 วัน",
        "appeal_en": "Appeal within 15 days", "digest": uuid4().hex * 2,
    }  # fmt: skip
    return DefectClaim(**said | fields)


class Desk:
    """The service, and what an applicant does at it."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.client = harness.client

    def current(self, definition: str, latest: int, differences: list[dict[str, str]] | None = None) -> None:
        """The gateway will say that this is the newest version."""
        identifier, _, version = definition.partition("@")
        answer = {"latest": latest, "differences": differences or []}
        path = f"/internal/definitions/{identifier}/{version}/currency"
        self.harness.peers.answer("gateway", "GET", path, answer)

    async def open(
        self, person: UUID | None = None, definition: str = "test-licence@1", journey: UUID | None = None
    ) -> UUID:
        """Open a journey as the gateway does."""
        journey = journey or uuid7()
        body = {"journey_id": str(journey), "definition": definition, "person": str(person) if person else None}
        answer = await self.client.post("/internal/journeys", json=body, headers=self.harness.as_service("gateway"))
        assert answer.status_code in (200, 201), answer.text
        return journey

    async def save(self, journey: UUID, person: UUID, form: Any = None, match: str = "*", **rest: Any) -> Any:
        """Save the draft."""
        body = {"form": FORM if form is None else form, "language": "th"} | rest
        headers = self.harness.citizen(person) | {"If-Match": match}
        return await self.client.put(f"/journeys/{journey}/application", json=body, headers=headers)

    async def submit(self, journey: UUID, person: UUID, **headers: str) -> Any:
        """Submit."""
        return await self.client.post(f"/journeys/{journey}/submission", headers=self.harness.citizen(person) | headers)

    async def filed(self, person: UUID, **rest: Any) -> UUID:
        """A journey whose application is filed."""
        journey = await self.open(person, **rest)
        assert (await self.save(journey, person)).status_code == 200
        answer = await self.submit(journey, person)
        assert answer.status_code == 201, answer.text
        return journey

    async def get(self, journey: UUID, person: UUID, what: str = "application") -> Any:
        """Read."""
        return await self.client.get(f"/journeys/{journey}/{what}", headers=self.harness.citizen(person))

    async def withdraw(self, journey: UUID, person: UUID) -> Any:
        """Withdraw."""
        return await self.client.post(f"/journeys/{journey}/withdrawal", headers=self.harness.citizen(person))

    async def seal(self, *journeys: UUID) -> Any:
        """Seal as issuance does."""
        asked = {"ids": [str(each) for each in journeys]}
        return await self.client.post("/internal/seals", json=asked, headers=self.harness.as_service("issuance"))

    async def state(self, journey: UUID, person: UUID) -> str:
        """The state the applicant sees."""
        return (await self.get(journey, person)).json()["state"]

    async def record(self, journey: UUID, *items: Defect, **fields: Any) -> DefectClaim:
        """Review has recorded defects of the application, and tells so."""
        said = record_of(journey, *items, **fields)
        await self.harness.deliver(self.recorded(said))
        return said

    def recorded(self, said: DefectClaim) -> Event:
        """Review will answer with this record; the fact that tells of it."""
        self.harness.peers.know("review", "defects", said.journey, said)
        fact = DefectRecorded(case=said.case, defect=said.defect, due_at=said.due_at)
        return self.harness.event(fact, step="review", journey=said.journey)

    async def correct(self, journey: UUID, person: UUID | None, form: Any = None, **rest: Any) -> Any:
        """Correct what was recorded, and sign what is read of it; without a person as the holder of the journey."""
        record = await self.client.get(f"/journeys/{journey}/correction", headers=self._by(person, journey))
        body = {"form": CORRECTED if form is None else form, "digest": record.json().get("digest")} | rest
        return await self.client.post(f"/journeys/{journey}/correction", json=body, headers=self._by(person, journey))

    async def sign(self, journey: UUID, person: UUID | None, digest: str) -> Any:
        """Sign the record."""
        path = f"/journeys/{journey}/correction/acknowledgement"
        return await self.client.post(path, json={"digest": digest}, headers=self._by(person, journey))

    def _by(self, person: UUID | None, journey: UUID) -> dict[str, str]:
        return self.harness.citizen(person) if person else self.harness.holder(journey)


@pytest.fixture
async def desk(harness_of):
    async with harness_of("request") as harness:
        desk = Desk(harness)
        harness.publish(information_bundle())
        harness.publish(licence_bundle())
        desk.current("test-licence@1", 1)
        desk.current("test-information@1", 1)
        yield desk


@pytest.fixture
async def filed(desk):
    """A filed application and its applicant; the time stands still."""
    person = uuid4()
    with clock.freeze(TUESDAY):
        journey = await desk.filed(person)
        yield journey, person
