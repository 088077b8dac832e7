"""Review on real servers, and applications as request would answer for them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from kit.cloudevents import Event
from kit.contracts.claims import ApplicationClaim, CorrectionClaim
from kit.contracts.events import Corrected, Submitted
from kit.testing import Harness
from tests.bundles import licence_bundle

RECEIVED = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
"""Monday 2 November 2026, 10:00 in Thailand."""
SMALL = {"shop_name": "ครัวคุณยาย", "area": 20}
LARGE = {"shop_name": "ครัวคุณยาย", "area": 180}
REASONS = {"facts": "พื้นที่ไม่ผ่านเกณฑ์", "law": "ข้อ 1", "considerations": "ไม่อาจแก้ไขได้"}


@pytest.fixture
async def review(harness_of):
    async with harness_of("review") as harness:
        harness.publish(licence_bundle())
        yield harness


def filed(review: Harness, form: dict[str, Any], journey: UUID | None = None, received: datetime = RECEIVED) -> Event:
    """The hand-over of an application with that form, which request will answer for."""
    event = review.handover(Submitted, at="request", journey=journey)
    claim = ApplicationClaim(
        journey=event.journey, application=uuid4(), number="FOOD-2569-000001", definition=event.definition,
        agency=event.agency, person=uuid4(), form=form, email="somchai@example.org", language="th",
        submitted_at=received, legally_received_at=received, is_open=True,
    )  # fmt: skip
    review.peers.know("request", "applications", event.journey, claim)
    return event


async def queued(review: Harness, **options: Any) -> tuple[UUID, UUID]:
    """Journey and case of an application that waits for an officer."""
    event = filed(review, LARGE, **options)
    await review.deliver(event)
    page = (await review.client.get("/cases", headers=review.officer("reviewer"))).json()
    return event.journey, next(UUID(c["id"]) for c in page["items"] if c["journey_id"] == str(event.journey))


def corrected(review: Harness, journey: UUID, defect: UUID, at: datetime) -> Event:
    """The fact that the defects of a record are corrected, of which request will answer."""
    claim = CorrectionClaim(
        journey=journey, defect=defect, due_at=at, acknowledged_at=at, corrected_at=at, legally_received_at=at,
        remarks="แนบแล้ว", changed=["/area"],
    )  # fmt: skip
    review.peers.know("request", "corrections", journey, claim)
    return review.event(Corrected(defect=defect), journey=journey)
