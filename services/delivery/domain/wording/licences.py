"""What is said of a document after its issue."""

from collections.abc import Mapping

from kit.contracts.text import Text
from services.delivery.domain.wording.kinds import GROUNDS, Kind, kind

LICENCES: Mapping[str, Kind] = {
    "licence_suspended": kind(
        Text(th="พักใช้ “{document}” เลขที่ {document_number}", en="“{document}”, number {document_number}, is suspended"),
        Text(
            th=f"หน่วยงานมีคำสั่งพักใช้ “{{document}}” เลขที่ {{document_number}} {{until}}\n\n{GROUNDS.th}",
            en=f"“{{document}}”, number {{document_number}}, is suspended {{until}}.\n\n{GROUNDS.en}",
        ),
        places="document",
        needed="document_number until facts law considerations appeal",
    ),
    "licence_reinstated": kind(
        Text(
            th="“{document}” เลขที่ {document_number} ใช้ได้ตามเดิม",
            en="“{document}”, number {document_number}, is valid again",
        ),
        Text(
            th="การพักใช้ “{document}” เลขที่ {document_number} สิ้นสุดแล้ว ท่านใช้ได้ตามเดิม",
            en="The suspension of “{document}”, number {document_number}, has ended. It may be used again.",
        ),
        places="document",
        needed="document_number",
    ),
    "licence_revoked": kind(
        Text(th="เพิกถอน “{document}” เลขที่ {document_number}", en="“{document}”, number {document_number}, is revoked"),
        Text(
            th=f"หน่วยงานมีคำสั่งเพิกถอน “{{document}}” เลขที่ {{document_number}}\n\n{GROUNDS.th}",
            en=f"“{{document}}”, number {{document_number}}, is revoked.\n\n{GROUNDS.en}",
        ),
        places="document",
        needed="document_number facts law considerations appeal",
    ),
    "substitute_refused": kind(
        Text(
            th="ไม่อนุญาตให้ออกใบแทนของ “{document}” เลขที่ {document_number}",
            en="“{document}”, number {document_number}: a substitute is refused",
        ),
        Text(
            th=f"หน่วยงานมีคำสั่งไม่ออกใบแทนของ “{{document}}” เลขที่ {{document_number}} ตามที่ท่านขอ\n\n{GROUNDS.th}",
            en=f"The substitute of “{{document}}”, number {{document_number}}, that you asked for is refused."
            f"\n\n{GROUNDS.en}",
        ),
        places="document",
        needed="document_number facts law considerations appeal",
    ),
    "licence_replaced": kind(
        Text(th="ออก{change}ของ “{document}” แล้ว", en="“{document}”: {change} is issued"),
        Text(
            th="ออก{change}ของ “{document}” เลขที่ {document_number} แล้ว ฉบับก่อนใช้ไม่ได้อีก ดาวน์โหลดฉบับใหม่ได้หลังเข้าสู่ระบบ",
            en="“{document}”: {change}, number {document_number}, is issued. The one before is no longer valid. "
            "Sign in to download the new one.",
        ),
        places="document change",
        needed="document_number",
    ),
    "licence_expiring": kind(
        Text(
            th="“{document}” เลขที่ {document_number} ใกล้สิ้นอายุ",
            en="“{document}”, number {document_number}, will expire",
        ),
        Text(
            th="“{document}” เลขที่ {document_number} ใช้ได้ถึงวันที่ {expires} หากต้องการใช้ต่อ โปรดดำเนินการก่อนวันนั้น",
            en="“{document}”, number {document_number}, is valid until {expires}. If you need it for longer, "
            "see to it before then.",
        ),
        places="document",
        needed="document_number expires",
    ),
    "licence_expired": kind(
        Text(
            th="“{document}” เลขที่ {document_number} สิ้นอายุแล้ว", en="“{document}”, number {document_number}, has expired"
        ),
        Text(
            th="“{document}” เลขที่ {document_number} สิ้นอายุแล้วเมื่อสิ้นวันที่ {expires}",
            en="“{document}”, number {document_number}, has expired; its last day was {expires}.",
        ),
        places="document",
        needed="document_number expires",
    ),
}
