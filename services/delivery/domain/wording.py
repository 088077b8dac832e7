"""What is said at each turn of a journey, in Thai and English. Pure: no I/O, no personal data.

Texts are the platform's own wording; the facts, law and reasons of a refusal are the officer's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kit.contracts.text import Text


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
    "expired": Wording(
        Text(th="คำขอเลขที่ {number} สิ้นสุดเพราะพ้นกำหนดชำระ", en="Application {number} has lapsed"),
        Text(
            th="คำขอ “{title}” เลขที่ {number} สิ้นสุดแล้ว เนื่องจากไม่ได้ชำระค่าธรรมเนียมภายในกำหนด "
            "เงินที่ชำระไว้และต้องคืนจะดำเนินการคืนให้ หากยังประสงค์ต้องยื่นคำขอใหม่",
            en="Your application “{title}”, number {number}, has lapsed since its fee was not paid in time. Money that "
            "is due back will be refunded. If you still want it, please apply anew.",
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
