"""A substitute (ใบแทน) of a document that was lost or damaged: why, since when, and the red stamp on it. Pure."""

from datetime import date
from enum import StrEnum

from kit.contracts.definition import Life
from kit.contracts.text import Text
from kit.errors import FieldError
from services.issuance.domain.problems import KnownOnImpossible

WORD = "ใบแทน"
_STAMP = """#import "/paet.typ": stamp, buddhist-date
#set page(width: 130mm, height: 40mm, margin: 0mm, fill: none, numbering: none)
#set page(foreground: place(top + left, dx: 14mm, dy: 13mm, grid(
  columns: 2,
  column-gutter: 2mm,
  align: horizon,
  stamp("{word}"), text(size: 9pt, fill: rgb("#b3121d"))[ออกใบแทนวันที่ #buddhist-date("{day}")],
)))
#h(0pt)
"""


class Loss(StrEnum):
    """What happened to a document."""

    LOST = "lost"
    DAMAGED = "damaged"


_LOSSES = {Loss.LOST: "สูญหาย", Loss.DAMAGED: "ชำรุด"}


class SubstituteState(StrEnum):
    """How far a wish for a substitute has come; ``void``: the document ended or was replaced before it was met."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    VOID = "void"


def is_late(known_on: date, issued_on: date | None, today: date, life: Life) -> bool:
    """Whether a substitute is asked for after the days that the definition gives, the first not counted.

    KnownOnImpossible for a day before the issue, or that has not come.
    """
    if known_on > today or (issued_on is not None and known_on < issued_on):
        detail = Text(
            th="ต้องไม่ก่อนวันออกเอกสารและไม่เกินวันนี้", en="Not before the day of issue, and not after today"
        )  # fmt: skip
        raise KnownOnImpossible(errors=[FieldError("/known_on", "known-on-impossible", detail)])
    within = life.substitute.within_days if life.substitute else None
    return within is not None and (today - known_on).days > within


def loss_text(reason: Loss, known_on: str) -> str:
    """What the grant of a substitute states as its facts."""
    return f"ผู้ถือแจ้งว่าเอกสาร{_LOSSES[reason]} โดยทราบเหตุเมื่อวันที่ {known_on}"


def stamp_of(issued_on: date) -> str:
    """Typst of the red stamp ใบแทน with the day of its issue, which is laid over the top left of every page.

    There is the margin, where a template has no text.
    """
    return _STAMP.format(word=WORD, day=issued_on.isoformat())
