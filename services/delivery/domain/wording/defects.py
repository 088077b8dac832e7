"""What is said of defects: their record, its correction, the ends of what stays uncorrected (LFA58 ss.8–9)."""

from collections.abc import Iterable, Mapping

from kit.contracts.text import Text
from services.delivery.domain.wording.kinds import GROUNDS, Kind, kind

DEFECTS: Mapping[str, Kind] = {
    "defect": kind(
        Text(th="โปรดแก้ไขข้อบกพร่องของคำขอเลขที่ {number}", en="Application {number} has defects: please correct them"),
        Text(
            th="เจ้าหน้าที่ตรวจคำขอ “{title}” เลขที่ {number} แล้วเห็นว่าไม่ถูกต้องหรือยังขาดเอกสารหรือหลักฐาน จึงบันทึกความบกพร่องไว้ดังนี้"
            "\n\n{defects}\n\nโปรดแก้ไขหรือเพิ่มเติมให้ครบถ้วนภายในวันที่ {due} ระยะเวลาพิจารณาจะเริ่มนับเมื่อคำขอถูกต้องและครบถ้วน"
            "\n\nผลของการไม่แก้ไข: {consequence}\n\nสิทธิอุทธรณ์เมื่อมีคำสั่งดังกล่าว: {appeal}"
            "\n\nผู้บันทึก: {officer} ตำแหน่ง {position}",
            en="Your application “{title}”, number {number}, was checked. It is faulty or incomplete, and these "
            "defects were recorded:\n\n{defects}\n\nPlease correct them all by {due}. The time for the decision runs "
            "once the application is complete.\n\nIf they are not corrected: {consequence}\n\nRight to appeal "
            "against that: {appeal}\n\nRecorded by {officer}, {position}",
        ),
        places="officer position",
        needed="defects due consequence appeal",
    ),
    "corrected": kind(
        Text(th="ได้รับการแก้ไขคำขอเลขที่ {number} แล้ว", en="Correction of application {number} received"),
        Text(
            th="หน่วยงานได้รับการแก้ไขข้อบกพร่องของคำขอ “{title}” เลขที่ {number} แล้ว และจะพิจารณาต่อไป "
            "ท่านติดตามสถานะและกำหนดเวลาพิจารณาได้ตลอดเวลา",
            en="The correction of your application “{title}”, number {number}, is received, and its review goes on. "
            "Its status and the date promised for the decision are at your disposal at any time.",
        ),
        needed="number",
    ),
    "returned": kind(
        Text(th="คืนคำขอเลขที่ {number}", en="Application {number} is returned"),
        Text(
            th=f"หน่วยงานคืนคำขอ “{{title}}” เลขที่ {{number}} เนื่องจากไม่มีการแก้ไขข้อบกพร่องภายในกำหนด\n\n{GROUNDS.th}"
            "\n\nหากยังประสงค์ ท่านยื่นคำขอใหม่ได้",
            en="Your application “{title}”, number {number}, is returned, since its defects were not corrected in time."
            f"\n\n{GROUNDS.en}\n\nIf you still want it, you may apply anew.",
        ),
        needed="facts law considerations appeal",
    ),
    "struck_off": kind(
        Text(th="จำหน่ายคำขอเลขที่ {number} ออกจากสารบบ", en="Application {number} is struck off"),
        Text(
            th="หน่วยงานจำหน่ายคำขอ “{title}” เลขที่ {number} ออกจากสารบบ เนื่องจากไม่มีการแก้ไขข้อบกพร่องภายในกำหนด"
            f"\n\n{GROUNDS.th}\n\nหากยังประสงค์ ท่านยื่นคำขอใหม่ได้",
            en="Your application “{title}”, number {number}, is struck off the register of matters, since its defects "
            f"were not corrected in time.\n\n{GROUNDS.en}\n\nIf you still want it, you may apply anew.",
        ),
        needed="facts law considerations appeal",
    ),
}

CONSEQUENCES: Mapping[str, Text] = {
    "returned": Text(
        th="หน่วยงานจะคืนคำขอพร้อมแจ้งเหตุผลเป็นหนังสือ ตาม{law}",
        en="the application will be returned with the reasons in writing, under {law}.",
    ),
    "struck_off": Text(
        th="ถือว่าท่านไม่ประสงค์จะดำเนินการต่อ และหน่วยงานจะจำหน่ายเรื่องออกจากสารบบ ตาม{law}",
        en="you will be deemed to want it no longer, and the matter will be struck off the register, under {law}.",
    ),
}
"""What follows when defects are not corrected in time, by the end that the record names."""

UNCORRECTED = Text(
    th="เมื่อวันที่ {recorded} เจ้าหน้าที่ได้บันทึกความบกพร่องของคำขอและกำหนดให้แก้ไขภายในวันที่ {due} "
    "แต่ไม่มีการแก้ไขภายในกำหนด ข้อบกพร่องมีดังนี้\n{defects}",
    en="On {recorded} an officer recorded defects of the application, to be corrected by {due}, and they were not. "
    "They are:\n{defects}",
)
"""The facts of such an end."""
UNCORRECTED_AS_TOLD = Text(
    th="ข้อบกพร่องตามบันทึกที่ได้แจ้งท่านแล้ว ไม่มีการแก้ไขภายในวันที่ {due}",
    en="The defects of the record that you were told of were not corrected by {due}.",
)
"""The same where the record that was not corrected is no longer the last one."""

CONSIDERATIONS: Mapping[str, Text] = {
    "returned": Text(
        th="คำขอที่ไม่ถูกต้องหรือไม่ครบถ้วนไม่อาจพิจารณาต่อไปได้ เมื่อพ้นกำหนดโดยไม่มีการแก้ไข หน่วยงานจึงคืนคำขอ",
        en="An application that is faulty or incomplete cannot be decided. As its defects stayed, it is returned.",
    ),
    "struck_off": Text(
        th="เมื่อพ้นกำหนดโดยไม่มีการแก้ไข ถือว่าผู้ยื่นไม่ประสงค์จะดำเนินการต่อ หน่วยงานจึงจำหน่ายเรื่องออกจากสารบบ",
        en="An applicant who corrects nothing in time is deemed to want it no longer. It is therefore struck off.",
    ),
}
"""The considerations of such an end, by its outcome."""


def numbered(defects: Iterable[tuple[str, str]]) -> str:
    """Defects line by line: what is wrong, and in parentheses the law or the item of the manual that wants it."""
    lines = [f"{what} ({law})" if law else what for what, law in defects]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
