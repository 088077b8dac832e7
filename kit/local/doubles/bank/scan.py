"""What a payer's banking app does with a scanned bill: QR (tag 30) or BOT barcode, docs/law.md §7.1.

Written apart from the payment service, whose texts it judges; it shares no code with it on purpose.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

_BILL_PAYMENT = ("A000000677010112", "A000000677012006")


class CannotPayError(ValueError):
    """The app shows "cannot pay this bill"; the text says why."""


@dataclass(frozen=True)
class Bill:
    """What is to be paid; `amount` in satang, None where the payer types it."""

    biller: str
    ref1: str
    ref2: str = ""
    ref3: str = ""
    amount: int | None = None


def scan(text: str) -> Bill:
    """Read a QR text or barcode text. Raises CannotPayError."""
    bill = _barcode(text) if text.startswith("|") else _qr(text)
    return checked(bill)


def checked(bill: Bill) -> Bill:
    """Refuse what no bank takes: biller 15 digits, Ref1 mandatory, references `[A-Z0-9]` up to 20."""
    if not re.fullmatch(r"\d{15}", bill.biller, re.ASCII):
        raise CannotPayError("the biller id is not 15 digits")
    if not re.fullmatch(r"[A-Z0-9]{1,20}", bill.ref1):
        raise CannotPayError("Ref1 is not acceptable")
    for reference in (bill.ref2, bill.ref3):
        if not re.fullmatch(r"[A-Z0-9]{0,20}", reference):
            raise CannotPayError("Ref2 or Ref3 is not acceptable")
    if bill.amount is not None and bill.amount <= 0:
        raise CannotPayError("the amount is not positive")
    return bill


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE bit by bit, as the standard states it."""
    register = 0xFFFF
    for byte in data:
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1) ^ (0x1021 if register & 0x8000 else 0)
        register &= 0xFFFF
    return register


def _qr(text: str) -> Bill:
    if not text.isascii() or text[-8:-4] != "6304":
        raise CannotPayError("not a Thai QR")
    if f"{crc16(text[:-4].encode()):04X}" != text[-4:]:
        raise CannotPayError("the checksum is wrong")
    root = dict(_tlv(text))
    if (root.get("00"), root.get("53"), root.get("58")) != ("01", "764", "TH"):
        raise CannotPayError("not a Thai QR in baht")
    account = dict(_tlv(root.get("30", "")))
    if account.get("00") not in _BILL_PAYMENT:
        raise CannotPayError("not a bill payment")
    return Bill(
        biller=account.get("01", ""),
        ref1=account.get("02", ""),
        ref2=account.get("03", ""),
        ref3=dict(_tlv(root.get("62", ""))).get("07", ""),
        amount=_satang(root["54"]) if "54" in root else None,
    )


def _tlv(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    while text:
        head = re.match(r"(\d\d)(\d\d)", text, re.ASCII)
        if head is None or len(text) < 4 + int(head[2]) or head[1] in dict(found):
            raise CannotPayError("the QR is broken")
        end = 4 + int(head[2])
        found.append((head[1], text[4:end]))
        text = text[end:]
    return found


def _satang(text: str) -> int:
    if not re.fullmatch(r"\d{1,10}(\.\d{1,2})?", text, re.ASCII):
        raise CannotPayError("the amount is not baht and satang")
    return int(Decimal(text) * 100)


def _barcode(text: str) -> Bill:
    fields = text[1:].split("\r")
    if len(fields) != 4 or not re.fullmatch(r"\d{1,12}", fields[3], re.ASCII):
        raise CannotPayError("not a bill barcode")
    biller, ref1, ref2, amount = fields
    return Bill(biller, ref1, ref2, amount=int(amount) or None)
