"""Codes of facts in words."""

from collections.abc import Mapping

from kit.contracts.text import Text

REFUNDS: Mapping[str, Text] = {
    "duplicate": Text(th="มีการชำระซ้ำ", en="it was paid twice"),
    "late": Text(th="ชำระเข้ามาหลังจากเรื่องสิ้นสุดแล้ว", en="it was paid after the matter had ended"),
    "underpaid": Text(th="ชำระไม่ครบจำนวน", en="too little was paid"),
    "overpaid": Text(th="ชำระเกินจำนวน", en="too much was paid"),
    "part-paid": Text(
        th="หน่วยงานมีคำสั่งให้คืนเงินที่ชำระไว้บางส่วน", en="the agency decided to give back what was paid in part"
    ),
    "decision": Text(th="หน่วยงานมีคำสั่งให้คืนเงิน", en="the agency decided to give it back"),
}
OTHERWISE = Text(th="เรื่องสิ้นสุดก่อนดำเนินการแล้วเสร็จ", en="the matter ended before it was completed")
"""Every other reason is the end of a journey that was paid for."""

CHANGES: Mapping[str, Text] = {
    "substitute": Text(th="ใบแทน", en="a substitute"),
    "amended": Text(th="ฉบับแก้ไข", en="an amended one"),
    "renewed": Text(th="ฉบับต่ออายุ", en="a renewed one"),
}
OTHER = Text(th="ฉบับใหม่", en="a new one")
FURTHER_NOTICE = Text(th="จนกว่าหน่วยงานจะแจ้งเป็นอย่างอื่น", en="until further notice")

NO_REASON = Text(
    th="หน่วยงานยังไม่ได้แจ้งเหตุ ท่านสอบถามได้ที่{agency} โดยแจ้งเลขที่คำขอ {number}",
    en="the agency has not given one yet. You may ask {agency}, naming your application {number}.",
)
"""Said of a delay that nobody has explained."""


def change_of(code: str) -> Text:
    """What takes the place of a document."""
    return CHANGES.get(code, OTHER)


def refund_reason(code: str) -> Text:
    """Why money goes back."""
    return REFUNDS.get(code, OTHERWISE)
