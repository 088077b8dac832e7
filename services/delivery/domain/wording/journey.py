"""What is said of a journey from its filing to its end."""

from collections.abc import Mapping

from kit.contracts.text import Text
from services.delivery.domain.wording.kinds import GROUNDS, Kind, kind

JOURNEY: Mapping[str, Kind] = {
    "received": kind(
        Text(th="ได้รับคำขอเลขที่ {number} แล้ว", en="Application {number} received"),
        Text(
            th="หน่วยงานได้รับคำขอ “{title}” เลขที่ {number} แล้ว ท่านดาวน์โหลดใบรับคำขอและติดตามสถานะได้ตลอดเวลา",
            en="Your application “{title}”, number {number}, is received. Its acknowledgement and status are "
            "at your disposal at any time.",
        ),
        needed="number",
    ),
    "overdue": kind(
        Text(th="คำขอเลขที่ {number} พิจารณาล่าช้ากว่ากำหนด", en="The decision on application {number} is late"),
        Text(
            th="หน่วยงานยังพิจารณาคำขอ “{title}” เลขที่ {number} ไม่แล้วเสร็จ ซึ่งครบกำหนดเมื่อวันที่ {due}\n\n"
            "เหตุแห่งความล่าช้า: {delay}\n\nหน่วยงานจะแจ้งให้ทราบอีกทุก {every} วันจนกว่าจะพิจารณาแล้วเสร็จ",
            en="Your application “{title}”, number {number}, is not decided yet; the decision was due on {due}.\n\n"
            "Reason of the delay: {delay}\n\nYou will be told again every {every} days until it is decided.",
        ),
        places="every count",
        needed="due delay",
    ),
    "granted": kind(
        Text(th="ผลการพิจารณาคำขอเลขที่ {number}", en="Result of application {number}"),
        Text(
            th="ผู้มีอำนาจอนุมัติคำขอ “{title}” เลขที่ {number} แล้ว",
            en="Your application “{title}”, number {number}, has been granted.",
        ),
    ),
    "expired": kind(
        Text(th="คำขอเลขที่ {number} สิ้นสุดเพราะพ้นกำหนดชำระ", en="Application {number} has lapsed"),
        Text(
            th="คำขอ “{title}” เลขที่ {number} สิ้นสุดแล้ว เนื่องจากไม่ได้ชำระค่าธรรมเนียมภายในกำหนด "
            "เงินที่ชำระไว้และต้องคืนจะดำเนินการคืนให้ หากยังประสงค์ต้องยื่นคำขอใหม่",
            en="Your application “{title}”, number {number}, has lapsed since its fee was not paid in time. Money that "
            "is due back will be refunded. If you still want it, please apply anew.",
        ),
    ),
    "refused": kind(
        Text(th="ผลการพิจารณาคำขอเลขที่ {number}", en="Result of application {number}"),
        Text(
            th=f"คำขอ “{{title}}” เลขที่ {{number}} ไม่ได้รับอนุมัติ\n\n{GROUNDS.th}",
            en=f"Your application “{{title}}”, number {{number}}, was refused.\n\n{GROUNDS.en}",
        ),
        needed="facts law considerations appeal",
    ),
    "withdrawn": kind(
        Text(th="ถอนคำขอเลขที่ {number} แล้ว", en="Application {number} withdrawn"),
        Text(
            th="คำขอ “{title}” เลขที่ {number} ถูกถอนตามความประสงค์ของท่าน เงินที่ชำระแล้วและต้องคืนจะดำเนินการคืนให้",
            en="Your application “{title}”, number {number}, was withdrawn as you asked. Money that is due back "
            "will be refunded.",
        ),
    ),
    "issued": kind(
        Text(th="ออกเอกสารตามคำขอเลขที่ {number} แล้ว", en="Document issued for application {number}"),
        Text(
            th="ออก “{document}” เลขที่ {document_number} แล้ว ดาวน์โหลดได้หลังเข้าสู่ระบบ",
            en="“{document}”, number {document_number}, has been issued. Sign in to download it.",
        ),
        places="document",
        needed="document_number",
    ),
    "wallet": kind(
        Text(th="นำเอกสารเข้ากระเป๋าดิจิทัลได้แล้ว", en="Your document can be taken into your wallet"),
        Text(
            th="ท่านนำ “{document}” เลขที่ {document_number} เข้ากระเป๋าเอกสารดิจิทัลได้แล้ว หลังเข้าสู่ระบบ",
            en="“{document}”, number {document_number}, can be taken into your digital wallet. Sign in to do so.",
        ),
        places="document",
        needed="document_number",
    ),
    "published": kind(
        Text(th="ข้อมูลที่ท่านขอพร้อมแล้ว", en="The information you asked for is ready"),
        Text(
            th="ข้อมูลตามคำขอ “{title}” เลขที่ {number} พร้อมให้ดาวน์โหลดแล้ว",
            en="What you asked for in “{title}”, number {number}, is ready for download.",
        ),
    ),
    "completed": kind(
        Text(th="ดำเนินการคำขอเลขที่ {number} เสร็จสิ้น", en="Application {number} is completed"),
        Text(
            th="ดำเนินการตามคำขอ “{title}” เลขที่ {number} เสร็จสิ้นแล้ว",
            en="Your application “{title}”, number {number}, is completed.",
        ),
    ),
}
