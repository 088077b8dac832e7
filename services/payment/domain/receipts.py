"""Receipts: their numbers' years, how they end, and what one says. Pure; money is integer satang.

Purpose codes are those of ขมธอ. 3-2560 (docs/law.md §7.4); their words are ETDA's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from kit.clock import local_date
from kit.contracts.definition import PostalAddress, Receiver
from kit.contracts.text import Text
from kit.errors import FieldError
from services.payment.domain.problems import MoneyKept, NothingKept, NothingReturned, ReceiptActIncomplete
from services.payment.domain.references import buddhist_year

FISCAL = "fiscal"
HEAD_OFFICE = "00000"
FIRST_FISCAL_MONTH = 10


class ReceiptState(StrEnum):
    """A receipt stands until it is cancelled, or replaced by one of another number; it is never changed.

    When its years are over only its number is left.
    """

    ISSUED = "issued"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    REMOVED = "removed"


class Purpose(StrEnum):
    """Why a receipt is cancelled, or issued anew."""

    WRONG_NAME = "RCTC01"
    WRONG_ADDRESS = "RCTC02"
    ALL_RETURNED = "RCTC03"
    PART_RETURNED = "RCTC04"
    OTHER = "RCTC99"

    @property
    def words(self) -> Text:
        """What the code says."""
        return WORDS[self]


WORDS = {
    Purpose.WRONG_NAME: Text(th="ชื่อผิด", en="Wrong name"),
    Purpose.WRONG_ADDRESS: Text(th="ที่อยู่ผิด", en="Wrong address"),
    Purpose.ALL_RETURNED: Text(th="ยกเลิกบริการทั้งจำนวน", en="All of the service cancelled"),
    Purpose.PART_RETURNED: Text(th="ยกเลิกบริการบางส่วน", en="A part of the service cancelled"),
    Purpose.OTHER: Text(th="เหตุอื่น", en="Another reason"),
}
NEEDED = Text(th="ต้องระบุสำหรับรหัสสาเหตุนี้", en="This purpose code needs it")
NOT_TAKEN = Text(th="รหัสสาเหตุนี้ไม่เปลี่ยนข้อมูลผู้ชำระเงิน", en="This purpose code corrects nothing about the payer")
ONLY_CANCELLED = Text(
    th="คืนเงินทั้งจำนวนแล้วออกใบเสร็จรับเงินใหม่ไม่ได้ ให้ยกเลิก", en="Where all went back a receipt is only cancelled"
)
ONLY_REISSUED = Text(
    th="คืนเงินบางส่วนต้องออกใบเสร็จรับเงินใหม่ตามจำนวนที่เหลือ",
    en="Where a part went back a receipt over the rest is issued anew",
)
METHODS = {"scb": "ชำระผ่านธนาคารด้วยคิวอาร์พร้อมเพย์", "card": "ชำระด้วยบัตรผ่านผู้ให้บริการรับชำระเงิน"}
"""By provider, as far as there are words for one."""
CORRECTING = frozenset({Purpose.WRONG_NAME, Purpose.WRONG_ADDRESS, Purpose.OTHER})


@dataclass(frozen=True)
class Correction:
    """What a cashier corrects about the payer; None leaves it as it was. An address comes with its postcode."""

    name: str | None = None
    address: str | None = None
    postcode: str | None = None

    def over(self, former: "Correction") -> "Correction":
        """The same, with what it leaves from a former one."""
        if self.address is None:
            return Correction(self.name or former.name, former.address, former.postcode)
        return Correction(self.name or former.name, self.address, self.postcode)


NOTHING = Correction()


def check_cancellation(purpose: Purpose, left: int) -> None:
    """RCTC03 says that all of the money went back, RCTC04 belongs to the receipt over the rest.

    ReceiptActIncomplete, MoneyKept.
    """
    if purpose is Purpose.PART_RETURNED:
        raise ReceiptActIncomplete(errors=[FieldError("/purpose", "not-taken", ONLY_REISSUED)])
    if purpose is Purpose.ALL_RETURNED and left:
        raise MoneyKept


def check_reissue(purpose: Purpose, reason: str | None, corrected: Correction) -> None:
    """RCTC01 needs a name, RCTC02 an address, RCTC99 its reason; what was returned corrects no payer.

    Where all was returned nothing is issued anew (RCTC03). ReceiptActIncomplete, with every field.
    """
    if purpose is Purpose.ALL_RETURNED:
        raise ReceiptActIncomplete(errors=[FieldError("/purpose", "not-taken", ONLY_CANCELLED)])
    wanted = {
        "/payer/name": purpose is Purpose.WRONG_NAME and corrected.name is None,
        "/payer/address": purpose is Purpose.WRONG_ADDRESS and corrected.address is None,
        "/reason": purpose is Purpose.OTHER and reason is None,
    }
    faults = [FieldError(pointer, "missing", NEEDED) for pointer, is_missing in wanted.items() if is_missing]
    if purpose not in CORRECTING and corrected != NOTHING:
        faults.append(FieldError("/payer", "not-taken", NOT_TAKEN))
    if faults:
        raise ReceiptActIncomplete(errors=faults)


def reissued_amount(purpose: Purpose, amount: int, left: int) -> int:
    """What the new receipt is over: what is left of the fee, whatever it corrects.

    NothingKept when nothing is left to be receipted, NothingReturned when RCTC04 says that something went back and
    nothing did, or nothing more than before.
    """
    if left <= 0:
        raise NothingKept
    if purpose is Purpose.PART_RETURNED and left >= amount:
        raise NothingReturned
    return left


def receipt_year(day: date, kind: str) -> int:
    """The Buddhist year of a receipt's number: the calendar's, or the fiscal one, which October begins."""
    return buddhist_year(day) + (kind == FISCAL and day.month >= FIRST_FISCAL_MONTH)


@dataclass(frozen=True)
class Payer:
    """Who has paid: name, 13-digit number, masked number, address with postcode, as far as they are known."""

    name: str | None
    pid: str | None = None
    pid_masked: str | None = None
    address: str | None = None
    postcode: str | None = None


@dataclass(frozen=True)
class Issuer:
    """The agency that receives."""

    code: str
    name: Text
    tax_id: str
    branch: str = HEAD_OFFICE
    address: PostalAddress | None = None
    receiver: Receiver | None = None
    oid: str = ""


@dataclass(frozen=True)
class Former:
    """The receipt in whose place this one was issued, and why."""

    number: str
    issued_at: datetime
    purpose: Purpose
    reason: str | None

    @property
    def why(self) -> str:
        """In words: the officer's own, else those of the code."""
        return self.reason or self.purpose.words.th


@dataclass(frozen=True)
class Received:
    """One payment of a fee: which, when, and how much of the fee it made."""

    provider: str
    transaction_id: str
    paid_at: datetime
    amount: int

    @property
    def method(self) -> str:
        """How it was paid."""
        return METHODS.get(self.provider, f"ชำระทางอิเล็กทรอนิกส์ ({self.provider})")


@dataclass(frozen=True)
class Statement:
    """Everything that a receipt says. ``lines`` are the invoice's; ``amount`` is what was received and kept."""

    id: UUID
    number: str
    book: str
    year: int
    running: int
    issued_at: datetime
    definition: str
    title: Text
    application_number: str
    issuer: Issuer
    payer: Payer
    lines: Sequence[Mapping[str, Any]]
    amount: int
    received: Sequence[Received]
    """Every payment that made the fee, the first one first."""
    former: Former | None

    @property
    def charges(self) -> list[Mapping[str, Any]]:
        """The lines that charge."""
        return [line for line in self.lines if line["amount"] >= 0]

    @property
    def allowances(self) -> list[tuple[str, int]]:
        """What is taken off and why: rules that exempt, and what went back by decision since."""
        off = [(line["item"]["th"], -line["amount"]) for line in self.lines if line["amount"] < 0]
        returned = sum(line["amount"] for line in self.lines) - self.amount
        return [*off, ("เงินที่คืนตามคำสั่ง", returned)] if returned else off

    @property
    def file_name(self) -> str:
        """``<agency>_<service>_<request no>_receipt-<number>_<YYYYMMDD, Buddhist>_v1.pdf`` (docs/law.md §10 [D])."""
        day = local_date(self.issued_at)
        service = self.definition.partition("@")[0]
        parts = (self.issuer.code, service, self.application_number, f"receipt-{self.number}")
        return "_".join(parts) + f"_{buddhist_year(day)}{day:%m%d}_v1.pdf"


def oid_of(registered: str | None, agency: str) -> str:
    """The OID of an agency's receipts: the registered one, or one under 2.25 that needs no registration (X.667)."""
    return registered or f"2.25.{uuid5(NAMESPACE_URL, f'urn:paet:document-type:{agency}:receipt').int}"
