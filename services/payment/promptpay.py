"""PromptPay bill payment: the text inside the QR (EMVCo MPM, tag 30) and the BOT barcode of a paper bill.

Pure text work: it draws no picture and asks no bank. Field list, limits and test vectors: docs/law.md §7.1
(Bank of Thailand, Standardized Thai QR Code, 17 Apr 2562). Money is integer satang. A dynamic QR does not
prevent a second payment; the caller must.
"""

import re
from binascii import crc_hqx
from collections.abc import Sequence
from dataclasses import dataclass, replace

BILL_PAYMENT = "A000000677010112"
BILL_PAYMENT_CROSS_BORDER = "A000000677012006"
CREDIT_TRANSFER = "A000000677010111"
CREDIT_TRANSFER_OTA = "A000000677010114"
THB, THAILAND = "764", "TH"
STATIC, DYNAMIC = "11", "12"

# EMVCo fixes only that 00 is first and 63 last. Ascending is what most banks' own generators do.
FIELD_ORDER = ("00", "01", "30", "53", "54", "58", "62")
_TRANSFER_KINDS = {"01": "mobile", "02": "id", "03": "wallet", "04": "account", "05": "ota"}

_REFERENCE = re.compile(r"[A-Z0-9]{1,20}")
_BILLER = re.compile(r"[0-9]{15}")
_AMOUNT = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,2}))?")
_HEAD = re.compile(r"[0-9]{4}")
_SEALED = re.compile(r"(.*6304)([0-9A-F]{4})", re.DOTALL)
_BARCODE = re.compile(r"\|([^\r]*)\r([^\r]*)\r([^\r]*)\r([0-9]{1,12})")
_MAX_SATANG = 999_999_999_999  # 13 characters with the dot, the longest that tag 54 holds


class PromptPayError(ValueError):
    """Any text or value that is not a PromptPay payment."""


class InvalidBiller(PromptPayError):
    """A biller id that is not 15 digits (tax id 13 + suffix 2)."""


class InvalidReference(PromptPayError):
    """A reference outside `[A-Z0-9]`, 1 to 20 characters: the only ones that banks accept."""


class InvalidAmount(PromptPayError):
    """An amount that is not positive, has more than two decimals or passes 13 characters."""


class MalformedPayload(PromptPayError):
    """The text is not a Thai QR or BOT barcode."""


class ChecksumMismatch(PromptPayError):
    """The text was altered or misread: tag 63 does not fit the rest."""


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill to pay (tag 30).

    `biller` 15 digits; `ref1` mandatory, `ref2` where the biller profile has two references; `ref3` travels
    as terminal label (tag 62/07) and routes the bank's callback; `amount` in satang, None = open.
    """

    biller: str
    ref1: str
    ref2: str | None = None
    amount: int | None = None
    ref3: str | None = None
    dynamic: bool = True


@dataclass(frozen=True, slots=True)
class Transfer:
    """A credit transfer (tag 29): `kind` is mobile, id, wallet, account or ota, `amount` satang or None."""

    kind: str
    value: str
    amount: int | None = None
    dynamic: bool = False


def checksum(text: str) -> str:
    """CRC-16/CCITT-FALSE (poly 0x1021, init 0xFFFF) of ASCII text as 4 upper-case hex digits."""
    return f"{crc_hqx(text.encode('ascii'), 0xFFFF):04X}"


def payload(bill: Bill, order: Sequence[str] = FIELD_ORDER) -> str:
    """Write the QR text of a bill, fields in `order`, closed by its checksum.

    Raises InvalidBiller, InvalidReference or InvalidAmount.
    """
    _check(bill)
    account = _field("00", BILL_PAYMENT) + _field("01", bill.biller) + _field("02", bill.ref1)
    values = {
        "00": "01",
        "01": DYNAMIC if bill.dynamic else STATIC,
        "30": account + _field("03", bill.ref2),
        "53": THB,
        "54": None if bill.amount is None else baht(bill.amount),
        "58": THAILAND,
        "62": _field("07", bill.ref3) or None,
    }
    body = "".join(_field(tag, values[tag]) for tag in order) + "6304"
    return body + checksum(body)


def parse(text: str) -> Bill | Transfer:
    """Read a Thai QR text (tag 29 or 30) after checking its checksum.

    Lenient in what scanners must read: any field order, a biller id of other length, unknown fields.
    Raises MalformedPayload, ChecksumMismatch, InvalidReference or InvalidAmount.
    """
    sealed = _SEALED.fullmatch(text) if text.isascii() else None
    if sealed is None:
        raise MalformedPayload("no checksum field at the end")
    if checksum(sealed[1]) != sealed[2]:
        raise ChecksumMismatch("the checksum does not fit the text")
    fields = _fields(text)
    _check_frame(fields)
    amount = satang(fields["54"]) if "54" in fields else None
    dynamic = fields.get("01") == DYNAMIC
    if "30" in fields:
        ref3 = _fields(fields["62"]).get("07") if "62" in fields else None
        return replace(_bill(fields["30"]), amount=amount, ref3=ref3, dynamic=dynamic)
    return replace(_transfer(fields["29"]), amount=amount, dynamic=dynamic)


def bot_barcode(bill: Bill) -> str:
    r"""Text of the barcode on a paper bill: `|biller\rref1\rref2\ramount`, amount in satang, 0 = open.

    The form has no place for `ref3`. Raises InvalidBiller, InvalidReference or InvalidAmount.
    """
    _check(bill)
    return f"|{bill.biller}\r{bill.ref1}\r{bill.ref2 or ''}\r{bill.amount or 0}"


def parse_bot_barcode(text: str) -> Bill:
    """Read the barcode of a paper bill; the form has no checksum, so only its shape is checked."""
    match = _BARCODE.fullmatch(text)
    if match is None:
        raise MalformedPayload("not a BOT barcode")
    biller, ref1, ref2, amount = match.groups()
    bill = Bill(biller, ref1, ref2 or None, int(amount) or None)
    _check(bill)
    return bill


def baht(amount: int) -> str:
    """Satang as tag 54 wants it: 5000 → `50.00`. Raises InvalidAmount."""
    if not 0 < amount <= _MAX_SATANG:
        raise InvalidAmount(f"amount out of range: {amount} satang")
    return f"{amount // 100}.{amount % 100:02d}"


def satang(text: str) -> int:
    """Satang of tag 54 or a bank's answer: `50.00`, `50.0` and `50` → 5000. Raises InvalidAmount."""
    match = _AMOUNT.fullmatch(text)
    amount = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else 0
    if amount <= 0:
        raise InvalidAmount(f"not an amount: {text!r}")
    return amount


def _check(bill: Bill) -> None:
    if not _BILLER.fullmatch(bill.biller):
        raise InvalidBiller("a biller id has 15 digits")
    for reference in (bill.ref1, bill.ref2, bill.ref3):
        if reference is not None:
            _check_reference(reference)
    if bill.amount is not None:
        baht(bill.amount)


def _check_reference(reference: str) -> None:
    if not _REFERENCE.fullmatch(reference):
        raise InvalidReference(f"a reference is 1 to 20 of A-Z and 0-9: {reference!r}")


def _check_frame(fields: dict[str, str]) -> None:
    tags = list(fields)
    if tags[0] != "00" or fields["00"] != "01" or tags[-1] != "63":
        raise MalformedPayload("not an EMVCo merchant-presented QR")
    if fields.get("53") != THB or fields.get("58") != THAILAND:
        raise MalformedPayload("not in baht or not of Thailand")
    if ("29" in fields) == ("30" in fields):
        raise MalformedPayload("neither or both of credit transfer and bill payment")


def _bill(account: str) -> Bill:
    fields = _fields(account)
    if fields.get("00") not in (BILL_PAYMENT, BILL_PAYMENT_CROSS_BORDER) or not {"01", "02"} <= fields.keys():
        raise MalformedPayload("tag 30 is not a bill payment")
    if not re.fullmatch(r"[0-9]{1,15}", fields["01"]):
        raise MalformedPayload("a biller id has digits only")
    for tag in {"02", "03"} & fields.keys():
        _check_reference(fields[tag])
    return Bill(fields["01"], fields["02"], fields.get("03"))


def _transfer(account: str) -> Transfer:
    fields = _fields(account)
    proxies = [tag for tag in fields if tag in _TRANSFER_KINDS]
    if fields.get("00") not in (CREDIT_TRANSFER, CREDIT_TRANSFER_OTA) or len(proxies) != 1:
        raise MalformedPayload("tag 29 is not a credit transfer")
    return Transfer(_TRANSFER_KINDS[proxies[0]], fields[proxies[0]])


def _field(tag: str, value: str | None) -> str:
    return f"{tag}{len(value):02d}{value}" if value else ""


def _fields(text: str) -> dict[str, str]:
    """Split tag-length-value text; order is kept, a tag that comes twice is refused."""
    fields: dict[str, str] = {}
    at = 0
    while at < len(text):
        head = _HEAD.match(text, at)
        length = int(head[0][2:]) if head else 0
        value = text[at + 4 : at + 4 + length]
        if head is None or length == 0 or len(value) < length or head[0][:2] in fields:
            raise MalformedPayload(f"broken field at character {at}")
        fields[head[0][:2]] = value
        at += 4 + length
    return fields
