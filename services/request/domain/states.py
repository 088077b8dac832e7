"""States of an application and the problems of doing what its state does not allow."""

from enum import StrEnum

from kit.contracts.text import Text
from kit.errors import Conflict, PreconditionFailed, Unprocessable


class State(StrEnum):
    """``draft → submitted → withdrawn | sealed | ended``; ``sealed → ended``."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    SEALED = "sealed"
    ENDED = "ended"

    @property
    def is_open(self) -> bool:
        """Whether it is filed and still on its way."""
        return self in (State.SUBMITTED, State.SEALED)


class JourneyTaken(Conflict):
    """The journey has an application already, of another definition or person."""

    code = "journey-taken"
    title = Text(th="มีคำขอของรายการนี้อยู่แล้ว", en="This journey has another application already")


class NotDraft(Conflict):
    """What was filed cannot be edited."""

    code = "application-not-draft"
    title = Text(th="คำขอนี้ยื่นแล้ว แก้ไขไม่ได้", en="The application is filed and cannot be edited")


class NotSubmitted(Conflict):
    """A draft has no acknowledgement and nothing to withdraw."""

    code = "application-not-submitted"
    title = Text(th="คำขอนี้ยังไม่ได้ยื่น", en="The application has not been submitted yet")


class ApplicationWithdrawn(Conflict):
    """The applicant took it back, or the journey has ended: nothing may be issued."""

    code = "application-withdrawn"
    title = Text(th="คำขอนี้ถูกถอนหรือสิ้นสุดแล้ว", en="The application was withdrawn or has ended")


class ApplicationSealed(Conflict):
    """The point of no return is passed: the document is being issued."""

    code = "application-sealed"
    title = Text(th="ถอนคำขอไม่ได้แล้ว เพราะอยู่ระหว่างออกเอกสาร", en="Too late to withdraw: the document is being issued")


class ApplicationEnded(Conflict):
    """The journey has ended."""

    code = "application-ended"
    title = Text(th="คำขอนี้สิ้นสุดแล้ว", en="The application has ended")


class DefinitionSuperseded(Conflict):
    """A newer version is in force: ``latest`` and ``differences`` (LFA58 s.11: the law at submission counts)."""

    code = "definition-superseded"
    title = Text(
        th="มีบริการฉบับใหม่แล้ว โปรดเริ่มใหม่ตามฉบับล่าสุด",
        en="A newer version of this service is in force: please begin again with it",
    )


class FormInvalid(Unprocessable):
    """The form has faults: see ``errors``."""

    code = "form-invalid"
    title = Text(th="ข้อมูลในแบบคำขอยังไม่ครบถ้วนหรือไม่ถูกต้อง", en="The form is incomplete or has faults")


def etag(revision: int) -> str:
    """The strong entity tag of a revision."""
    return f'"{revision}"'


def require_revision(revision: int, if_match: str) -> None:
    """PreconditionFailed unless the If-Match header (RFC 9110 §13.1.1) names the revision, or is ``*``."""
    named = {tag.strip() for tag in if_match.split(",")}
    if not named & {"*", etag(revision)}:
        raise PreconditionFailed(headers={"ETag": etag(revision)})


def require_draft(state: State) -> None:
    """NotDraft unless it may still be edited."""
    if state is not State.DRAFT:
        raise NotDraft()


def withdrawn(state: State) -> State:
    """The state after a withdrawal, which may be repeated; a problem after the point of no return."""
    match state:
        case State.SUBMITTED | State.WITHDRAWN:
            return State.WITHDRAWN
        case State.DRAFT:
            raise NotSubmitted()
        case State.SEALED:
            raise ApplicationSealed()
        case _:
            raise ApplicationEnded()


def sealed(state: State, *, is_sealed: bool) -> State:
    """The state after the seal; what was sealed before stays as it is, for issuance may ask again later."""
    if is_sealed:
        return state
    match state:
        case State.SUBMITTED:
            return State.SEALED
        case State.DRAFT:
            raise NotSubmitted()
        case _:
            raise ApplicationWithdrawn()


def ended(state: State) -> State:
    """The state once the journey has ended; a withdrawal stays one, and a draft has not begun."""
    return State.ENDED if state.is_open else state


ENDING = tuple(state for state in State if ended(state) is not state)
"""The states that the end of a journey changes, all of them to ``ended``."""
