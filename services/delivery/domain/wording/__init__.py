"""What is said at each turn of a journey, in Thai and English. Pure: no I/O, no personal data.

Texts are the platform's own wording, version 0 of every kind; an agency may put its own in their place. The facts, law
and reasons of a refusal are the officer's.
"""

from collections.abc import Mapping

from kit.contracts.text import Text
from services.delivery.domain.wording.defects import (
    CONSEQUENCES,
    CONSIDERATIONS,
    DEFECTS,
    UNCORRECTED,
    UNCORRECTED_AS_TOLD,
    numbered,
)
from services.delivery.domain.wording.filling import fill, in_english, is_plain, missing, places_of
from services.delivery.domain.wording.journey import JOURNEY
from services.delivery.domain.wording.kinds import PLACES, Kind, Wording
from services.delivery.domain.wording.licences import LICENCES
from services.delivery.domain.wording.money import LAPSE, LATE, MONEY
from services.delivery.domain.wording.reasons import FURTHER_NOTICE, NO_REASON, change_of, refund_reason

KINDS: Mapping[str, Kind] = {**JOURNEY, **DEFECTS, **MONEY, **LICENCES}
"""Every kind of notice by its code."""

MAIL = Wording(
    Text(th="มีความคืบหน้าของเรื่องที่ท่านยื่นไว้", en="News of the matter you filed"),
    Text(
        th="มีหนังสือแจ้งถึงท่านในกล่องรับหนังสือ โปรดเข้าสู่ระบบเพื่ออ่าน:\n{link}\n\nอีเมลนี้ไม่มีข้อมูลส่วนบุคคลและไม่ต้องตอบกลับ",
        en="A notice to you lies in your inbox. Sign in to read it:\n{link}\n\n"
        "This mail holds no personal data and needs no answer.",
    ),
)
"""An outside channel carries a link into an authenticated session and nothing else (requirement D2)."""


def say(kind: str, values: Mapping[str, str], wording: Wording | None = None) -> tuple[Text, Text]:
    """Subject and body of a notice, in the shipped words unless others are given.

    ``…_en`` values take the place of their namesakes in English. KeyError for a place that no value fills.
    """
    wording = wording or KINDS[kind].shipped
    return filled(wording.subject, values), filled(wording.body, values)


def filled(words: Text, values: Mapping[str, str]) -> Text:
    """One text with the values in it."""
    return Text(th=fill(words.th, values), en=fill(words.en, in_english(values)))


__all__ = [
    "CONSEQUENCES",
    "CONSIDERATIONS",
    "FURTHER_NOTICE",
    "KINDS",
    "LAPSE",
    "LATE",
    "MAIL",
    "NO_REASON",
    "PLACES",
    "UNCORRECTED",
    "UNCORRECTED_AS_TOLD",
    "Kind",
    "Wording",
    "change_of",
    "filled",
    "is_plain",
    "missing",
    "numbered",
    "places_of",
    "refund_reason",
    "say",
]
