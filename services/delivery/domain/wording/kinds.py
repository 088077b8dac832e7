"""What a kind of notice is made of: its shipped words, what may stand in braces, and what law wants told."""

from collections.abc import Mapping
from dataclasses import dataclass

from kit.contracts.text import Text


@dataclass(frozen=True)
class Wording:
    """Subject and body; ``{title}`` is the service, ``{number}`` the application."""

    subject: Text
    body: Text


PLACES: Mapping[str, Text] = {
    "title": Text(th="ขออนุญาตจัดตั้งสถานที่จำหน่ายอาหาร", en="Food premises licence"),
    "number": Text(th="22000000-FOOD-69-000001", en="22000000-FOOD-69-000001"),
    "agency": Text(th="หน่วยงานตัวอย่าง", en="Sample agency"),
    "amount": Text(th="1,000.00", en="1,000.00"),
    "missing": Text(th="100.00", en="100.00"),
    "due": Text(th="15 ธันวาคม 2569", en="15 December 2026"),
    "delay": Text(th="รอผลการตรวจสถานที่", en="รอผลการตรวจสถานที่"),
    "every": Text(th="7", en="7"),
    "count": Text(th="1", en="1"),
    "lapse": Text(
        th="หากไม่ชำระภายในวันที่ 15 มกราคม 2570 คำขอจะสิ้นสุด",
        en="If the fee is not paid by 15 January 2027, the application lapses.",
    ),
    "receipt": Text(th="BMA-2569-000001", en="BMA-2569-000001"),
    "reason": Text(th="ชำระเกินจำนวน", en="too much was paid"),
    "document": Text(th="ใบอนุญาต", en="Licence"),
    "document_number": Text(th="FOOD-2569-000001", en="FOOD-2569-000001"),
    "until": Text(th="ถึงวันที่ 31 ธันวาคม 2569", en="until 31 December 2026"),
    "expires": Text(th="31 ธันวาคม 2569", en="31 December 2026"),
    "change": Text(th="ใบแทน", en="a substitute"),
    "defects": Text(
        th="1. ขาดแบบแปลนของสถานที่ (ข้อ 5 แห่งข้อบัญญัติตัวอย่าง)\n2. พื้นที่ไม่ตรงกับเอกสารสิทธิ",
        en="1. ขาดแบบแปลนของสถานที่ (ข้อ 5 แห่งข้อบัญญัติตัวอย่าง)\n2. พื้นที่ไม่ตรงกับเอกสารสิทธิ",
    ),
    "consequence": Text(
        th="หน่วยงานจะคืนคำขอพร้อมแจ้งเหตุผลเป็นหนังสือ ตามกฎหมายตัวอย่าง มาตรา 9",
        en="the application will be returned with the reasons in writing, under section 9 of the sample law.",
    ),
    "officer": Text(th="ชื่อเจ้าหน้าที่", en="ชื่อเจ้าหน้าที่"),
    "position": Text(th="นักวิชาการสุขาภิบาล", en="นักวิชาการสุขาภิบาล"),
    "facts": Text(th="สถานที่ไม่มีบ่อดักไขมัน", en="สถานที่ไม่มีบ่อดักไขมัน"),
    "law": Text(th="ข้อ 5 แห่งข้อบัญญัติตัวอย่าง", en="ข้อ 5 แห่งข้อบัญญัติตัวอย่าง"),
    "considerations": Text(th="อาจเป็นอันตรายต่อสุขภาพ", en="อาจเป็นอันตรายต่อสุขภาพ"),
    "appeal": Text(th="ท่านมีสิทธิอุทธรณ์ต่อผู้ออกคำสั่งภายในกำหนด", en="You may appeal to whoever made the order, in time"),
}
"""Everything that can stand in braces, each with a sample for previews. What an officer wrote is in Thai alone."""

GROUNDS = Text(
    th="ข้อเท็จจริง: {facts}\nข้อกฎหมาย: {law}\nเหตุผล: {considerations}\n\nสิทธิอุทธรณ์: {appeal}",
    en="Facts: {facts}\nLaw: {law}\nReasons: {considerations}\n\nRight to appeal: {appeal}",
)

ALWAYS = frozenset({"title", "number", "agency"})
"""What every notice may say."""


@dataclass(frozen=True)
class Kind:
    """One turn of a journey that is told.

    ``places`` are the values it has beside ``ALWAYS``. ``needed`` must stand in the body, whoever words it: the
    grounds and the right to appeal of an order (APA39 ss.37, 40), how much is to be paid by when, why a
    decision is late (LFA58 s.10), what is to be corrected by when and what follows otherwise (LFA58 s.8).
    """

    shipped: Wording
    places: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()

    @property
    def allowed(self) -> frozenset[str]:
        """What may stand in braces."""
        return ALWAYS | self.places

    @property
    def is_order(self) -> bool:
        """Whether it tells an order with its grounds: the period to appeal against it runs from this notice."""
        return "considerations" in self.needed


def kind(subject: Text, body: Text, places: str = "", needed: str = "") -> Kind:
    """A kind, its places as words in one line; what is needed is among them."""
    required = frozenset(needed.split())
    return Kind(Wording(subject, body), frozenset(places.split()) | required, required)
