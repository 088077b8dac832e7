"""The correction of recorded defects (LFA58 ss.8–9): what may change, and until when. Pure."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kit.contracts.text import Text
from kit.errors import Conflict, FieldError, NotFound, Unprocessable
from kit.faults import pointer
from kit.workdays import Calendar
from services.request.domain.filing import names_of
from services.request.domain.schema import title_at
from services.request.domain.states import ApplicationWithdrawn, State

MOST_TOLD = 100
LONGEST_REMARKS = 5_000
MOMENT = timedelta(microseconds=1)
_NOTHING = object()
Place = tuple[str | int, ...]


class CorrectionState(StrEnum):
    """``waiting → corrected | returned | struck_off``; ``closed``: the application came to another end meanwhile."""

    WAITING = "waiting"
    CORRECTED = "corrected"
    RETURNED = "returned"
    STRUCK_OFF = "struck_off"
    CLOSED = "closed"


class NoDefects(NotFound):
    """No defects of this application have been recorded."""

    code = "no-defects-recorded"
    title = Text(th="ไม่มีบันทึกความบกพร่องของคำขอนี้", en="No defects of this application have been recorded")


class RecordDiffers(Conflict):
    """The digest is not that of the record: a newer one has taken its place, or another one was read."""

    code = "defect-record-differs"
    title = Text(
        th="บันทึกความบกพร่องไม่ตรงกับที่ท่านเปิดดู โปรดอ่านใหม่แล้วลงนามอีกครั้ง",
        en="The record of the defects is not the one you have read: please read it again and then sign",
    )


class CorrectionTooLate(Conflict):
    """The time for the correction, ``due_at``, is over."""

    code = "correction-too-late"
    title = Text(th="พ้นกำหนดเวลาแก้ไขข้อบกพร่องแล้ว", en="The time to correct the defects is over")


class CorrectionMade(Conflict):
    """The defects were corrected before, with other words: a correction is made once."""

    code = "correction-made"
    title = Text(th="แก้ไขข้อบกพร่องแล้ว แก้ไขซ้ำไม่ได้", en="The defects have been corrected: that is done once")


class CorrectionClosed(Conflict):
    """The application has gone on or has ended: nothing of it is corrected any more."""

    code = "correction-closed"
    title = Text(th="คำขอนี้พ้นขั้นตอนแก้ไขข้อบกพร่องแล้ว", en="The application is past the correction of its defects")


class CorrectionInvalid(Unprocessable):
    """It changes what is no defect, or leaves out what is wanted: see ``errors``."""

    code = "correction-invalid"
    title = Text(th="การแก้ไขไม่ตรงกับข้อบกพร่องที่บันทึกไว้", en="The correction does not answer the recorded defects")


def correction_due(calendar: Calendar, recorded_at: datetime, days: int, at_least: datetime) -> datetime:
    """The last instant for the correction (APA39 s.64): later where its day is off by now, never sooner than told."""
    return max(at_least, calendar.moved_on(at_least), calendar.add(recorded_at, days, "calendar_days"))


def over_at(due_at: datetime) -> datetime:
    """The first instant that is too late."""
    return due_at + MOMENT


def require_waiting(state: State) -> None:
    """ApplicationWithdrawn or CorrectionClosed unless the application is as open as when its defects were recorded."""
    if state is State.WITHDRAWN:
        raise ApplicationWithdrawn()
    if state is not State.SUBMITTED:
        raise CorrectionClosed()


def require_in_time(state: State, due_at: datetime, now: datetime) -> None:
    """CorrectionTooLate after the time, also once the application has ended by it; otherwise as `require_waiting`."""
    if state is not State.WITHDRAWN and now >= over_at(due_at):
        raise CorrectionTooLate(due_at=due_at)
    require_waiting(state)


def require_read(record: str, read: str | None) -> None:
    """RecordDiffers where a digest is given, and is not that of the record."""
    if read not in (None, record):
        raise RecordDiffers()


def shown(correction: CorrectionState, application: State) -> CorrectionState:
    """The state that the applicant sees: nothing waits for a correction where the application does not."""
    is_moot = correction is CorrectionState.WAITING and application is not State.SUBMITTED
    return CorrectionState.CLOSED if is_moot else correction


def differences(before: Any, after: Any) -> list[Place]:
    """The places where two values of JSON differ, each as deep as it goes; a group or list that is new is its members.

    As in JSON, 1 and 1.0 are the same and true is not 1.
    """
    return list(_differing(before, after, ()))


def _differing(before: Any, after: Any, place: Place) -> Iterator[Place]:
    had, has = _members(before), _members(after)
    kinds = {type(each) for each in (before, after) if each is not _NOTHING}
    if len(kinds) == 1 and (had or has):
        for name in had | has:
            yield from _differing(had.get(name, _NOTHING), has.get(name, _NOTHING), (*place, name))
    elif isinstance(before, bool) != isinstance(after, bool) or before != after:
        yield place


def _members(value: Any) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    return dict(enumerate(value)) if isinstance(value, list) else {}


def correction_faults(
    defects: Sequence[str | None], changed: Sequence[Place], remarks: str, schema: Any
) -> list[FieldError]:
    """What is wrong with a correction of defects at these pointers (None: of something else than a field).

    Every other field that was changed; remarks missing where a defect is no field; nothing changed and nothing said.
    """
    named = {tuple(names_of(each)) for each in defects if each is not None}
    foreign = [place for place in changed if not _is_within(place, named)]
    faults = [_foreign(place, schema) for place in foreign[:MOST_TOLD]]
    if None in defects and not remarks:
        words = Text(
            th="โปรดชี้แจงข้อบกพร่องที่ไม่ใช่ช่องในแบบคำขอ", en="say what became of the defects that are no fields of the form"
        )
        faults.append(FieldError("/remarks", "required", words))
    elif not changed and not remarks:
        words = Text(th="ยังไม่ได้แก้ไขหรือชี้แจงสิ่งใด", en="nothing is changed, and nothing said")
        faults.append(FieldError("/form", "unchanged", words))
    return faults


def unsigned() -> FieldError:
    """The fault of a correction of a record that nobody has signed, and that does not say which was read."""
    words = Text(
        th="โปรดระบุค่า digest ของบันทึกความบกพร่องที่ท่านอ่าน เพราะการแก้ไขถือเป็นการลงนามรับทราบบันทึกด้วย",
        en="give the digest of the record that you have read: correcting it signs it too",
    )
    return FieldError("/digest", "required", words)


def _is_within(place: Place, named: Set[tuple[str, ...]]) -> bool:
    return not named.isdisjoint(_around(place))


def _around(place: Place) -> list[tuple[str, ...]]:
    """The place and all that it is in, as a pointer names them."""
    parts = tuple(str(each) for each in place)
    return [parts[:depth] for depth in range(len(parts) + 1)]


def _foreign(place: Place, schema: Any) -> FieldError:
    title = title_at(schema, place)
    words = Text(
        th=f"{title.th}: ไม่ใช่ข้อบกพร่องที่บันทึกไว้ จึงแก้ไขไม่ได้",
        en=f"{title.en}: is none of the recorded defects and stays as filed",
    )
    return FieldError(pointer(("form", *place)), "not-a-defect", words)


def told_changes(defects: Sequence[str | None], changed: Sequence[Place]) -> list[str]:
    """JSON pointers of what was changed; of very many, those of the defects that they belong to."""
    if len(changed) <= MOST_TOLD:
        return [pointer(place) for place in changed]
    named = dict.fromkeys(each for each in defects if each is not None)
    touched = {around for place in changed for around in _around(place)}
    return [each for each in named if tuple(names_of(each)) in touched]
