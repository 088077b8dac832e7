"""The one record of the defects of an application (LFA58 s.8): when it may be made, what it says, who signs it. Pure.

After the listed defects are corrected nothing more may be asked for, save where an officer was negligent or dishonest;
of that a supervisor says so, and nobody else.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from kit.contracts.text import Text
from kit.errors import Conflict, FieldError, Unprocessable
from services.review.domain.fields import has_field, names_of, schema_of


class Why(StrEnum):
    """Why more may be asked for after all."""

    NEGLIGENCE = "officer_negligence"
    FRAUD = "officer_fraud"


class DefectsRecorded(Conflict):
    """There is a record already, and one is all that law allows."""

    code = "defects-recorded-already"
    title = Text(
        th="บันทึกความบกพร่องได้ครั้งเดียว เว้นแต่ผู้บังคับบัญชาอนุญาต",
        en="Defects are recorded once; a second record needs the leave of a supervisor",
    )


class NothingCorrected(Conflict):
    """Leave for a second record is given after the first one is corrected."""

    code = "no-corrected-defects"
    title = Text(th="ยังไม่มีบันทึกความบกพร่องที่แก้ไขแล้ว", en="There is no record of defects that were corrected")


class OwnRecord(Conflict):
    """Whoever recorded the defects does not give the leave for more of them."""

    code = "recorded-by-yourself"
    title = Text(
        th="ผู้บันทึกความบกพร่องอนุญาตให้ตนเองบันทึกอีกไม่ได้", en="Another than the officer who recorded the defects gives leave"
    )


class FieldUnknown(Unprocessable):
    """A defect names a field that the form does not have."""

    code = "field-unknown"
    title = Text(th="แบบคำขอไม่มีช่องที่ระบุ", en="The form has no such field")


_NO_FIELD = Text(th="แบบคำขอไม่มีช่องนี้", en="the form has no such field")


@dataclass(frozen=True)
class Earlier:
    """A record of a case: who made it, whether it is corrected and whether leave for another was given."""

    officer: UUID
    is_corrected: bool
    has_leave: bool


@dataclass(frozen=True)
class Record:
    """What both sides sign. ``items`` are ``pointer``, ``what`` and ``law`` each; times are aware UTC."""

    application_number: str
    items: Sequence[Mapping[str, Any]]
    days: int
    recorded_at: datetime
    due_at: datetime
    officer: UUID
    officer_name: str
    officer_position: str
    uncorrected: str
    law: Mapping[str, str]
    appeal: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SHA-256, hex, of the record as canonical JSON: keys sorted, no spaces, UTF-8, times in ISO 8601."""
        text = json.dumps(asdict(self), default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: datetime | UUID) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def check_first(earlier: Sequence[Earlier]) -> None:
    """DefectsRecorded unless there is none yet, or leave for another was given."""
    if earlier and not earlier[-1].has_leave:
        raise DefectsRecorded()


def check_leave(earlier: Sequence[Earlier], supervisor: UUID) -> None:
    """Raise unless this supervisor, who made none of the records so far, may give leave for another."""
    if not earlier or not earlier[-1].is_corrected:
        raise NothingCorrected()
    if any(each.officer == supervisor for each in earlier):
        raise OwnRecord()


def check_fields(items: Sequence[Mapping[str, Any]], form: str | None) -> None:
    """FieldUnknown, with a fault for each item whose field the form does not have."""
    schema = schema_of(form)
    faults = [
        FieldError(pointer=f"/items/{index}/pointer", code="unknown", detail=_NO_FIELD)
        for index, item in enumerate(items)
        if item["pointer"] is not None and not has_field(schema, names_of(item["pointer"]), in_lists=True)
    ]
    if faults:
        raise FieldUnknown(errors=faults)
