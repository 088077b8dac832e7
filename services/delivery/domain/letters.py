"""Official letters from agency to agency: what they are made of, how they are numbered and how they end. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from kit.contracts.codes import AgencyCode
from kit.contracts.definition import Model
from kit.contracts.text import Text
from kit.thai import BUDDHIST_ERA, long_date
from services.delivery.domain.wording.filling import fill, is_plain, places_of

COPY_SUBJECT = "สำเนาหนังสือแจ้งเหตุแห่งความล่าช้า คำขอเลขที่ {number}"
COPY_BODY = (
    "ตามมาตรา 10 วรรคสอง แห่งพระราชบัญญัติการอำนวยความสะดวกในการพิจารณาอนุญาตของทางราชการ พ.ศ. 2558 "
    "ขอส่งสำเนาการแจ้งเหตุแห่งความล่าช้า ครั้งที่ {count} ของคำขอ “{title}” เลขที่ {number} "
    "ซึ่งครบกำหนดพิจารณาเมื่อวันที่ {due}\n\nเหตุแห่งความล่าช้า: {delay}"
)
UNEXPLAINED = "หน่วยงานยังไม่ได้แจ้งเหตุ"
NUMBER_PLACES = frozenset({"prefix", "running", "year"})


class Correspondent(Model):
    """An agency in the address book: its central mailbox, and how its own letters are numbered."""

    name: Text
    mailbox: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}@([a-z0-9-]{1,63}\.)+[a-z]{2,24}$")]
    prefix: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    """Letters of the ministry and code of the unit, e.g. ``นศ 51002``; the agency's code where there is none."""

    @property
    def is_of_the_state(self) -> bool:
        """Whether the mailbox is under ``.go.th``."""
        return self.mailbox.endswith(".go.th")


class DelayCopies(Model):
    """Whereto an agency's copy of every notice of a delay goes, and in whose name (LFA58 s.10 para. 2 [C2])."""

    to: AgencyCode
    salutation: Annotated[str, Field(min_length=1, max_length=200)]
    signer: Annotated[str, Field(min_length=1, max_length=200)]
    position: Annotated[str, Field(min_length=1, max_length=200)]


class Urgency(StrEnum):
    """How fast it is to be dealt with [K]."""

    NORMAL = "normal"
    URGENT = "urgent"
    VERY_URGENT = "very_urgent"
    MOST_URGENT = "most_urgent"


class Secrecy(StrEnum):
    """Who may read it [K]. The highest never travels electronically (e-Saraban regulation No. 4 [C2])."""

    NORMAL = "normal"
    CONFIDENTIAL = "confidential"
    SECRET = "secret"  # noqa: S105 - a level of secrecy
    TOP_SECRET = "top_secret"  # noqa: S105 - as above


URGENCY_WORDS: Mapping[Urgency, str] = {
    Urgency.NORMAL: "ปกติ", Urgency.URGENT: "ด่วน", Urgency.VERY_URGENT: "ด่วนมาก", Urgency.MOST_URGENT: "ด่วนที่สุด",
}  # fmt: skip
SECRECY_WORDS: Mapping[Secrecy, str] = {
    Secrecy.NORMAL: "ปกติ", Secrecy.CONFIDENTIAL: "ลับ", Secrecy.SECRET: "ลับมาก", Secrecy.TOP_SECRET: "ลับที่สุด",
}  # fmt: skip


class LetterState(StrEnum):
    """A letter has its number, was taken by the addressee's mail server or refused by it, and was answered for."""

    REGISTERED = "registered"
    SENT = "sent"
    REFUSED = "refused"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True)
class Enclosure:
    """A document that goes with a letter: the issued one as it was when the letter was registered."""

    document: UUID
    number: str
    title: str
    file_name: str
    sha256: str


@dataclass(frozen=True)
class LetterWords:
    """What a letter says."""

    number: str
    written_on: date
    sender: str
    addressee: str
    subject: str
    salutation: str
    reference: str | None
    body: str
    signer: str
    position: str
    urgency: Urgency
    secrecy: Secrecy
    enclosure: Enclosure | None


@dataclass(frozen=True)
class File:
    """One attachment."""

    name: str
    kind: str
    """Type and subtype, e.g. ``application/pdf``."""
    content: bytes


@dataclass(frozen=True)
class Parcel:
    """A letter as a carrier takes it. Sent twice it is the same to the byte, under the same id."""

    id: UUID
    sender: str
    sender_name: str
    to: str
    subject: str
    text: str
    written_at: datetime
    is_urgent: bool
    files: tuple[File, ...]


def number_is_plain(pattern: str) -> bool:
    """Whether a pattern for numbers has the running number, and nothing in braces that is unknown."""
    return is_plain(pattern) and "running" in (found := places_of(pattern)) and found <= NUMBER_PLACES


def letter_number(pattern: str, prefix: str, running: int, year: int) -> str:
    """The printed number [K]: the pattern is a setting."""
    return fill(pattern, {"prefix": prefix, "running": str(running), "year": str(year)})


def buddhist_year(day: date) -> int:
    """The year of a register."""
    return day.year + BUDDHIST_ERA


def letter_text(words: LetterWords) -> str:
    """The letter as plain text, in the order of an external letter (หนังสือภายนอก)."""
    marks = [
        f"ชั้นความเร็ว: {URGENCY_WORDS[words.urgency]}" if words.urgency is not Urgency.NORMAL else None,
        f"ชั้นความลับ: {SECRECY_WORDS[words.secrecy]}" if words.secrecy is not Secrecy.NORMAL else None,
    ]
    head = [
        f"ที่ {words.number}", words.sender, long_date(words.written_on), "", f"เรื่อง {words.subject}",
        f"เรียน {words.salutation}", f"อ้างถึง {words.reference}" if words.reference else None, _enclosed(words),
    ]  # fmt: skip
    end = ["", words.body, "", "ขอแสดงความนับถือ", "", words.signer, words.position, ""]
    return "\n".join(each for each in (*marks, *head, *end) if each is not None)


def _enclosed(words: LetterWords) -> str | None:
    if (enclosure := words.enclosure) is None:
        return None
    return f"สิ่งที่ส่งมาด้วย {enclosure.title} เลขที่ {enclosure.number} ({enclosure.file_name})"


def delay_copy(told: Mapping[str, str]) -> tuple[str, str]:
    """Subject and body of the copy of a notice that a decision is late; the reason is in the officer's own words."""
    return fill(COPY_SUBJECT, told), fill(COPY_BODY, told)


def fingerprint(words: Mapping[str, object]) -> str:
    """SHA-256 of what was asked to be sent, to know a repeat from another letter under the same key."""
    return hashlib.sha256(repr(sorted((name, str(value)) for name, value in words.items())).encode()).hexdigest()
