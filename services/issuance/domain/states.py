"""States of a document, what the public may see of them, and the problems of asking for what is not there."""

from datetime import date
from enum import StrEnum
from typing import Protocol

from kit.contracts.text import Text
from kit.errors import Conflict, NotFound


class State(StrEnum):
    """``requested → issuing → issued``; ``stopped`` before a number was given; ``failed`` until it is tried again.

    ``issued ⇄ suspended → revoked | replaced`` are acts of authority; that a document expires the calendar alone says.
    When the years after its life are over it is ``removed``.
    """

    REQUESTED = "requested"
    ISSUING = "issuing"
    ISSUED = "issued"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    REPLACED = "replaced"
    FAILED = "failed"
    STOPPED = "stopped"
    REMOVED = "removed"


OUT = (State.ISSUED, State.SUSPENDED, State.REVOKED, State.REPLACED)
"""The states of a document that was issued and is on the register."""

STOPPABLE = (State.REQUESTED, State.FAILED)
"""The states in which the end of the journey stops a document; later the point of no return is passed."""

UNFINISHED = (State.REQUESTED, State.ISSUING, State.FAILED)
"""The states in which an operator may have it tried again."""


class Kind(StrEnum):
    """How a document came to be: by its journey, or in the place of another."""

    FIRST = "first"
    SUBSTITUTE = "substitute"
    AMENDED = "amended"
    RENEWED = "renewed"


class NumberState(StrEnum):
    """A number is given, then issued or void."""

    GIVEN = "given"
    ISSUED = "issued"
    VOID = "void"


class Status(StrEnum):
    """What an issued document is worth today."""

    VALID = "valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    REPLACED = "replaced"


STATUS_WORDS = {
    Status.VALID: Text(th="มีผลใช้ได้", en="Valid"),
    Status.EXPIRED: Text(th="สิ้นอายุแล้ว", en="Expired"),
    Status.SUSPENDED: Text(th="ถูกพักใช้", en="Suspended"),
    Status.REVOKED: Text(th="ถูกเพิกถอน", en="Revoked"),
    Status.REPLACED: Text(th="มีฉบับใหม่แทนแล้ว", en="Replaced by a newer document"),
}


def status_of(state: State, valid_until: date | None, today: date, suspended_until: date | None = None) -> Status:
    """The live status of an issued document on a Thai calendar day; ValueError for one that was not issued.

    An act of authority outweighs the calendar, save that a suspension ends with the document, and after its own last
    day, whoever takes that down when.
    """
    if state not in OUT:
        msg = f"a document that is {state} has no status"
        raise ValueError(msg)
    if state in (State.REVOKED, State.REPLACED):
        return Status(state.value)
    if valid_until is not None and today > valid_until:
        return Status.EXPIRED
    is_held = state is State.SUSPENDED and (suspended_until is None or today <= suspended_until)
    return Status.SUSPENDED if is_held else Status.VALID


class Judged(Protocol):
    """What a document's status is judged by; its row has it."""

    @property
    def state(self) -> str:
        """Where it stands."""

    @property
    def valid_until(self) -> date | None:
        """Its last day; None where it has no end."""

    @property
    def suspended_until(self) -> date | None:
        """The last day of its suspension; None where none is fixed."""


def status_on(document: Judged, today: date) -> Status:
    """The live status of an issued document on a Thai calendar day, as `status_of` judges it."""
    return status_of(State(document.state), document.valid_until, today, document.suspended_until)


class DocumentNotFound(NotFound):
    """The journey has no document yet, or is somebody else's."""

    code = "document-not-found"
    title = Text(th="ยังไม่มีเอกสารของเรื่องนี้", en="There is no document of this journey yet")


class VerificationNotFound(NotFound):
    """No document was issued under this token."""

    code = "verification-not-found"
    title = Text(th="ไม่พบเอกสารตามรหัสตรวจสอบนี้", en="No document was issued under this verification code")


class DocumentSettled(Conflict):
    """It is issued, or its journey has ended: there is nothing to try again."""

    code = "document-settled"
    title = Text(th="เอกสารนี้ออกแล้วหรือเรื่องสิ้นสุดแล้ว", en="The document is issued, or its journey has ended")


class NotGranted(Exception):
    """Nobody granted what was to be issued: nothing may be made."""
