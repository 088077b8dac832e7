"""What is said at each turn of a journey, in Thai and English. Pure: no I/O, no personal data.

Texts are the platform's own wording; the facts, law and reasons of a refusal are the officer's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field

from kit.contracts.claims import Claim
from kit.contracts.definition import Fault, Section
from kit.contracts.journey import Process
from kit.contracts.text import Text
from kit.errors import NotFound

CONTENT_TYPES: Mapping[str, str] = {
    ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
}


class NoticeUnknown(NotFound):
    """No such notice in this inbox."""

    code = "notice-not-found"
    title = Text(th="ไม่พบหนังสือแจ้งนี้ในกล่องของท่าน", en="There is no such notice in your inbox")


class NoPublicDocument(NotFound):
    """The journey delivers no public document, or has not come to it yet."""

    code = "public-document-not-found"
    title = Text(th="ยังไม่มีเอกสารเผยแพร่ของเรื่องนี้", en="There is no public document of this journey yet")


class Applicant(Claim):
    """What delivery must know of an application at each notice, of all that the claim says.

    Filing fixes it for good, so it is kept. The address itself is not: it is asked when a mail leaves.
    """

    person: UUID | None
    number: str
    has_address: Annotated[bool, BeforeValidator(bool), Field(validation_alias="email")]


@dataclass(frozen=True)
class Wording:
    """Subject and body of one kind of notice; ``{title}`` is the service, ``{number}`` the application."""

    subject: Text
    body: Text


WORDING: Mapping[str, Wording] = {
    "received": Wording(
        Text(th="ได้รับคำขอเลขที่ {number} แล้ว", en="Application {number} received"),
        Text(
            th="หน่วยงานได้รับคำขอ “{title}” เลขที่ {number} แล้ว ท่านดาวน์โหลดใบรับคำขอและติดตามสถานะได้ตลอดเวลา",
            en="Your application “{title}”, number {number}, is received. Its acknowledgement and status are "
            "at your disposal at any time.",
        ),
    ),
    "granted": Wording(
        Text(th="ผลการพิจารณาคำขอเลขที่ {number}", en="Result of application {number}"),
        Text(
            th="ผู้มีอำนาจอนุมัติคำขอ “{title}” เลขที่ {number} แล้ว",
            en="Your application “{title}”, number {number}, has been granted.",
        ),
    ),
    "pay": Wording(
        Text(th="โปรดชำระค่าธรรมเนียมคำขอเลขที่ {number}", en="Fee due for application {number}"),
        Text(
            th="โปรดชำระค่าธรรมเนียม {amount} บาท สำหรับคำขอ “{title}” เลขที่ {number} ภายในวันที่ {due}",
            en="Please pay the fee of {amount} baht for “{title}”, number {number}, by {due}.",
        ),
    ),
    "refunded": Wording(
        Text(th="คืนเงินของคำขอเลขที่ {number} แล้ว", en="Money of application {number} paid back"),
        Text(
            th="หน่วยงานได้จ่ายเงินคืน {amount} บาท ของคำขอ “{title}” เลขที่ {number} แล้ว",
            en="{amount} baht of your application “{title}”, number {number}, have been paid back.",
        ),
    ),
    "issued": Wording(
        Text(th="ออกเอกสารตามคำขอเลขที่ {number} แล้ว", en="Document issued for application {number}"),
        Text(
            th="ออก “{document}” เลขที่ {document_number} แล้ว ดาวน์โหลดได้หลังเข้าสู่ระบบ",
            en="“{document_en}”, number {document_number}, has been issued. Sign in to download it.",
        ),
    ),
    "published": Wording(
        Text(th="ข้อมูลที่ท่านขอพร้อมแล้ว", en="The information you asked for is ready"),
        Text(
            th="ข้อมูลตามคำขอ “{title}” เลขที่ {number} พร้อมให้ดาวน์โหลดแล้ว",
            en="What you asked for in “{title}”, number {number}, is ready for download.",
        ),
    ),
    "completed": Wording(
        Text(th="ดำเนินการคำขอเลขที่ {number} เสร็จสิ้น", en="Application {number} is completed"),
        Text(
            th="ดำเนินการตามคำขอ “{title}” เลขที่ {number} เสร็จสิ้นแล้ว",
            en="Your application “{title}”, number {number}, is completed.",
        ),
    ),
    "withdrawn": Wording(
        Text(th="ถอนคำขอเลขที่ {number} แล้ว", en="Application {number} withdrawn"),
        Text(
            th="คำขอ “{title}” เลขที่ {number} ถูกถอนตามความประสงค์ของท่าน เงินที่ชำระแล้วและต้องคืนจะดำเนินการคืนให้",
            en="Your application “{title}”, number {number}, was withdrawn as you asked. Money that is due back "
            "will be refunded.",
        ),
    ),
    "refused": Wording(
        Text(th="ผลการพิจารณาคำขอเลขที่ {number}", en="Result of application {number}"),
        Text(
            th="คำขอ “{title}” เลขที่ {number} ไม่ได้รับอนุมัติ\n\nข้อเท็จจริง: {facts}\nข้อกฎหมาย: {law}\n"
            "เหตุผล: {considerations}\n\nสิทธิอุทธรณ์: {appeal}",
            en="Your application “{title}”, number {number}, was refused.\n\nFacts: {facts}\nLaw: {law}\n"
            "Reasons: {considerations}\n\nRight to appeal: {appeal}",
        ),
    ),
}

MAIL = Wording(
    Text(th="มีความคืบหน้าของเรื่องที่ท่านยื่นไว้", en="News of the matter you filed"),
    Text(
        th="มีหนังสือแจ้งถึงท่านในกล่องรับหนังสือ โปรดเข้าสู่ระบบเพื่ออ่าน:\n{link}\n\nอีเมลนี้ไม่มีข้อมูลส่วนบุคคลและไม่ต้องตอบกลับ",
        en="A notice to you lies in your inbox. Sign in to read it:\n{link}\n\n"
        "This mail holds no personal data and needs no answer.",
    ),
)
"""An outside channel carries a link into an authenticated session and nothing else (requirement D2)."""


def say(kind: str, values: Mapping[str, str]) -> tuple[Text, Text]:
    """Subject and body of a notice; ``…_en`` values take the place of their namesakes in English."""
    wording = WORDING[kind]
    english = dict(values) | {key.removesuffix("_en"): value for key, value in values.items() if key.endswith("_en")}
    english |= {key: value for key, value in values.items() if key.endswith("_en")}
    return _fill(wording.subject, values, english), _fill(wording.body, values, english)


def _fill(text: Text, thai: Mapping[str, str], english: Mapping[str, str]) -> Text:
    return Text(th=text.th.format_map(thai), en=text.en.format_map(english))


def check_section(section: Section) -> Sequence[Fault]:
    """A public document must be in the bundle, of a kind that can be served."""
    faults = []
    for step in section.steps.values():
        name = getattr(step, "public_document", None)
        if name is None:
            continue
        path = f"/steps/{step.id}/public_document"
        if name not in section.files:
            faults.append(_fault(path, "ไม่พบไฟล์ในชุดนิยาม", "the bundle has no such file"))
        elif content_type(name) is None:
            faults.append(_fault(path, "ชนิดไฟล์นี้เผยแพร่ไม่ได้", "files of this kind cannot be delivered"))
    if Process.ISSUANCE not in {step.process for step in section.plan} and section.kind == "information":
        faults += _informs(section)
    return faults


def _informs(section: Section) -> list[Fault]:
    if any(getattr(step, "public_document", None) for step in section.steps.values()):
        return []
    step = section.plan[-1].id
    return [
        _fault(
            f"/steps/{step}/public_document",
            "บริการข้อมูลต้องระบุเอกสาร",
            "a service that informs names its document",
        )
    ]


def _fault(path: str, th: str, en: str) -> Fault:
    return Fault(path=path, message=Text(th=th, en=en))


def content_type(name: str) -> str | None:
    """The content type of a public document by its ending; None when it cannot be served."""
    return next((kind for ending, kind in CONTENT_TYPES.items() if name.endswith(ending)), None)
