"""Fixtures of request: the service with two definitions published, and journeys on it."""

from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from kit.testing import Harness
from tests.bundles import information_bundle, licence_bundle

FORM = {"shop_name": "ร้านข้าวแกงแม่สมใจ", "area": 120, "place_address": "๑๒/๓ ถนนสุขุมวิท"}


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


@pytest.fixture
async def desk(harness_of):
    async with harness_of("request") as harness:
        desk = Desk(harness)
        harness.publish(information_bundle())
        harness.publish(licence_bundle())
        desk.current("test-licence@1", 1)
        desk.current("test-information@1", 1)
        yield desk
