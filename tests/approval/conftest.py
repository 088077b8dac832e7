"""Approval on real servers, and cases as review would answer for them."""

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from kit.cloudevents import Event
from kit.contracts.claims import ApplicationClaim, CaseClaim
from kit.contracts.events import Recommended
from kit.testing import Harness
from tests.bundles import licence_bundle

RECEIVED = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
"""Monday 2 November 2026, 10:00 in Thailand."""
FORM = {"shop_name": "ครัวคุณยาย", "area": 180}
FOUND = {"facts": "พื้นที่ ๑๘๐ ตารางเมตร", "law": "ข้อ 1", "considerations": "เข้าหลักเกณฑ์"}
REASONS = {"facts": "ไม่มีบ่อดักไขมัน", "law": "ข้อ 2", "considerations": "ไม่อาจแก้ไขได้"}
REVIEWER = uuid4()
ENCRYPTION_KEY = secrets.token_urlsafe(32)


@pytest.fixture
async def approval(harness_of):
    async with harness_of("approval", officer_key_encryption_key=ENCRYPTION_KEY) as harness:
        harness.publish(licence_bundle())
        yield harness


def reviewed(approval: Harness, journey: UUID | None = None, **claim: Any) -> Event:
    """The hand-over of a case, which review will answer for."""
    event = approval.handover(Recommended, at="review", journey=journey)
    fields = {
        "journey": event.journey, "case": uuid4(), "reviewer": REVIEWER, "rule": None, "result": "recommended",
        "decided_at": RECEIVED, "accepted_at": RECEIVED, **FOUND,
    } | claim  # fmt: skip
    approval.peers.know("review", "cases", event.journey, CaseClaim.model_validate(fields))
    application = ApplicationClaim(
        journey=event.journey, application=uuid4(), number="FOOD-2569-000001", definition=event.definition,
        agency=event.agency, person=uuid4(), form=FORM, email="somchai@example.org", language="th",
        submitted_at=RECEIVED, legally_received_at=RECEIVED, is_open=True,
    )  # fmt: skip
    approval.peers.know("request", "applications", event.journey, application)
    return event


async def waiting(approval: Harness, **options: Any) -> tuple[UUID, UUID]:
    """Journey and decision of a case that waits for an approver."""
    event = reviewed(approval, **options)
    await approval.deliver(event)
    page = (await approval.client.get("/decisions", headers=approval.officer("approver"))).json()
    return event.journey, next(UUID(d["id"]) for d in page["items"] if d["journey_id"] == str(event.journey))
