from contextlib import contextmanager
from datetime import datetime, time
from functools import partial
from uuid import UUID, uuid4

import httpx
import pytest

from kit.clock import clock
from kit.contracts.claims import (
    ApplicationClaim,
    CaseClaim,
    CorrectionClaim,
    DecisionClaim,
    Defect,
    DefectClaim,
    DocumentClaim,
    Receipt,
    ReceiptClaim,
)
from kit.contracts.definition import Bundle
from kit.local.doubles import running
from kit.local.doubles.mail import create_app
from kit.local.doubles.mail.app import SECRETS as NAMES
from kit.local.doubles.misbehaviour import Fault
from kit.local.ports import free_port
from services.delivery import commands
from services.delivery.channels import Channels
from services.delivery.domain import Rung
from services.delivery.models import Notice
from tests.bundles import AGENCY, OTHER_AGENCY, licence_bundle

BOOK = {
    AGENCY: {"name": {"th": "กรุงเทพมหานคร", "en": "Bangkok"}, "mailbox": "saraban@bangkok.go.th", "prefix": "กท 0501"},
    OTHER_AGENCY: {"name": {"th": "กรมอนามัย", "en": "Department of Health"}, "mailbox": "saraban@anamai.moph.go.th"},
}


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


AWAKE = {"quiet_from": time(), "quiet_until": time()}
"""No quiet hours."""


class Outlets(dict):
    """The doubles of LINE, the SMS gateway, the post-house and of what comes back of mails, by channel."""

    url = ""

    def misbehave(self, channel: str, mode: str, **how) -> None:
        self[channel].faults.add(Fault(mode=mode, **how))

    @property
    def settings(self) -> dict:
        """What the service must know of them."""
        provided = {f"{name}_url": f"{self.url}/{name}" for name in ("line", "sms", "post")}
        return {**SECRETS, **provided, "evidence_key": "k" * 43, "pickup": True}


SECRETS = {name: f"the {name}" for name in NAMES}
CORRECTED_BY = datetime.fromisoformat("2026-12-15T23:59:59.999999+07:00")
ADDRESSES = {
    "email": "somchai@example.org", "phone": "+66812345678", "line_user": "U" + "0123456789abcdef" * 2,
    "postal_address": "สมชาย ใจดี\n1/2 ถนนสุขุมวิท 10110",
}  # fmt: skip


@contextmanager
def doubles(folder):
    """The catcher of mail with the providers beside it: its outlets and the port of its mails."""
    smtp_port = free_port()
    app = create_app(smtp_port=smtp_port, folder=folder, secrets=SECRETS)
    with running(app, free_port()) as url:
        found = Outlets(app.state.outlets)
        found.url, found.mailbox = url, app.state.mailbox
        yield found, smtp_port


@pytest.fixture
def caught(monkeypatch, tmp_path):
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    with doubles(tmp_path / "mail") as both:
        yield both


@pytest.fixture
def outlets(caught):
    return caught[0]


@pytest.fixture
async def mail(caught):
    found, smtp_port = caught
    async with httpx.AsyncClient(base_url=found.url) as http:
        yield Mail(http, smtp_port)


def climbing(harness, ladder, channels=("inbox", "email")):
    """The definition of the tests, whose notices climb a ladder: pairs of a channel and its time."""
    bundle = licence_bundle().model_dump(mode="json")
    bundle["definition"]["id"] = f"climbs-{uuid4().hex[:8]}"
    bundle["definition"]["plan"][-1]["ladder"] = [{"channel": name, "within": within} for name, within in ladder]
    bundle["definition"]["plan"][-1]["channels"] = list(channels)
    harness.publish(Bundle.model_validate(bundle))


@pytest.fixture
async def delivery(harness_of, mail, outlets):
    settings = {"smtp_port": mail.smtp_port, "smtp_tls": False, "saraban_book": BOOK} | outlets.settings | AWAKE
    async with harness_of("delivery", **settings) as harness:
        harness.publish(licence_bundle())
        harness.climb = partial(climbing, harness)
        yield harness


def defects_of(journey, **said):
    """What review will say of the record of defects; its own id is the journey's where none is said."""
    return DefectClaim(**{
        "journey": journey, "defect": journey, "case": uuid4(), "days": 14, "officer": uuid4(),
        "items": [
            Defect(pointer="/area", what="พื้นที่ไม่ตรงกับเอกสารสิทธิ"),
            Defect(what="ขาดแบบแปลน {secret}", law="ข้อ 5 แห่งข้อบัญญัติ"),
        ],
        "recorded_at": "2026-12-01T10:00:00+07:00", "due_at": CORRECTED_BY, "officer_name": "สมชาย ใจดี",
        "officer_position": "นักวิชาการสุขาภิบาล", "uncorrected": "returned", "law_th": "กฎหมายทดสอบ มาตรา 9",
        "law_en": "Test law s. 9", "appeal_th": "อุทธรณ์ภายใน 15 วัน", "appeal_en": "Appeal within 15 days",
        "digest": "0" * 64,
    } | said)  # fmt: skip


def missed_by(journey, **said):
    """What request will say of a correction that nobody made."""
    return CorrectionClaim(**{
        "journey": journey, "defect": journey, "due_at": CORRECTED_BY, "acknowledged_at": None, "corrected_at": None,
        "legally_received_at": None, "remarks": "", "changed": [],
    } | said)  # fmt: skip


def tell(delivery, event, *, person=None, email="somchai@example.org", language="th", **addresses):
    """What the owners will say of the journey of an event."""
    application = ApplicationClaim(
        journey=event.journey, application=event.journey, number="22000000-FOOD-69-000001",
        definition=event.definition, agency=event.agency, person=person, form={"shop_name": "ร้านลับ"},
        email=email, language=language, submitted_at=clock.now(), legally_received_at=clock.now(), is_open=True,
        **addresses,
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
    receipt = Receipt(number="BMA-2569-000001", amount_satang=100_000, paid_at=clock.now(), step="licence-fee")
    delivery.peers.know("payment", "receipts", event.journey, ReceiptClaim(journey=event.journey, receipts=[receipt]))
    delivery.peers.know("request", "applications", event.journey, application)
    delivery.peers.know("review", "cases", event.journey, case)
    delivery.peers.know("review", "defects", event.journey, defects_of(event.journey))
    delivery.peers.know("request", "corrections", event.journey, missed_by(event.journey))
    delivery.peers.know("approval", "decisions", event.journey, decision)
    delivery.peers.know("issuance", "documents", event.journey, document)
    return event


async def lay_ready(delivery, notice: UUID) -> str:
    """Have a notice lie ready at the counter; its code."""
    counter, rung = delivery.kit.resource(Channels).get("pickup"), Rung("pickup")
    leaving = commands.Leaving(counter.key_of(notice), None, "c***", "th", "0" * 64)
    async with delivery.kit.database.transaction() as session:
        found = await session.get_one(Notice, notice)
        await commands.begin(session, found, 0, rung, leaving)
        await commands.take(session, found, rung, "ready", None)
    return counter.code_of(notice)


@pytest.fixture
def known(delivery):
    """What the owners will say of a journey."""
    return partial(tell, delivery)
