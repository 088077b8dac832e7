from functools import partial
from uuid import uuid4

import httpx
import pytest

from kit.clock import clock
from kit.contracts.claims import ApplicationClaim, CaseClaim, DecisionClaim, DocumentClaim
from kit.local.doubles import running
from kit.local.doubles.mail import create_app
from kit.local.ports import free_port
from tests.bundles import licence_bundle


class Mail:
    """The local catcher of mail."""

    def __init__(self, http: httpx.AsyncClient, smtp_port: int) -> None:
        self.http = http
        self.smtp_port = smtp_port

    async def messages(self) -> list[dict]:
        return (await self.http.get("/messages")).json()

    async def misbehave(self, mode: str, **how) -> None:
        (await self.http.post("/_control/misbehave", json={"mode": mode} | how)).raise_for_status()

    async def behave(self) -> None:
        (await self.http.delete("/_control/misbehave")).raise_for_status()


@pytest.fixture
async def mail(monkeypatch, tmp_path):
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    smtp_port = free_port()
    app = create_app(smtp_port=smtp_port, folder=tmp_path / "mail")
    with running(app, free_port()) as url:
        async with httpx.AsyncClient(base_url=url) as http:
            yield Mail(http, smtp_port)


@pytest.fixture
async def delivery(harness_of, mail):
    async with harness_of("delivery", smtp_port=mail.smtp_port, smtp_tls=False) as harness:
        harness.publish(licence_bundle())
        yield harness


def tell(delivery, event, *, person=None, email="somchai@example.org", language="th"):
    """What the owners will say of the journey of an event."""
    application = ApplicationClaim(
        journey=event.journey, application=event.journey, number="22000000-FOOD-69-000001",
        definition=event.definition, agency=event.agency, person=person, form={"shop_name": "ร้านลับ"},
        email=email, language=language, submitted_at=clock.now(), legally_received_at=clock.now(), is_open=True,
    )  # fmt: skip
    reasons = {"facts": "ไม่มีบ่อดักไขมัน", "law": "ข้อ ๕", "considerations": "เสี่ยงต่อสุขภาพ"} | {
        "appeal_th": "อุทธรณ์ต่อผู้ออกคำสั่ง ภายใน 15 วัน", "appeal_en": "To whoever made the order, within 15 days",
    }  # fmt: skip
    case = CaseClaim(
        journey=event.journey, case=uuid4(), reviewer=uuid4(), rule=None, result="refused",
        decided_at=clock.now(), **reasons,
    )  # fmt: skip
    decision = DecisionClaim(
        journey=event.journey, decision=uuid4(), result="refused", authority_th="ผอ.เขต", authority_en="Director",
        rule_th=None, decided_at=clock.now(), digest="0" * 64, signature="x", **reasons,
    )  # fmt: skip
    document = DocumentClaim(
        journey=event.journey, document=uuid4(), number="๑/๒๕๖๙", title_th="ใบอนุญาต", title_en="Licence",
        file_name="x.pdf", sha256="0" * 64, issued_at=clock.now(), valid_until=None, verify_url="http://x/verify/1",
    )  # fmt: skip
    delivery.peers.know("request", "applications", event.journey, application)
    delivery.peers.know("review", "cases", event.journey, case)
    delivery.peers.know("approval", "decisions", event.journey, decision)
    delivery.peers.know("issuance", "documents", event.journey, document)
    return event


@pytest.fixture
def known(delivery):
    """What the owners will say of a journey."""
    return partial(tell, delivery)
