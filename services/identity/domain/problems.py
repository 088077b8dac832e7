"""What can go wrong with signing in, as problems for the person who asked."""

from kit.contracts.text import Text
from kit.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthenticated, Unavailable


class SignInUnknown(BadRequest):
    """No sign-in waits for this answer: never begun, too old, or answered before."""

    code = "sign-in-unknown"
    title = Text(
        th="ไม่พบการเข้าสู่ระบบนี้ หรือหมดเวลาแล้ว โปรดเริ่มใหม่",
        en="This sign-in is not known or has run out; please start again",
    )


class SignInDenied(Forbidden):
    """The person declined at the provider."""

    code = "sign-in-denied"
    title = Text(th="ท่านไม่ยินยอมให้ยืนยันตัวตน", en="You declined to be identified")


class SignInRefused(Forbidden):
    """The provider's answer failed a check. `reason` is a word for our own log."""

    code = "sign-in-refused"
    title = Text(
        th="ไม่สามารถเชื่อถือคำตอบของผู้ให้บริการยืนยันตัวตนได้ โปรดเริ่มใหม่",
        en="The identity provider's answer could not be trusted; please start again",
    )

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class IdentityIncomplete(SignInRefused):
    """The provider did not give a valid 13-digit number and a name."""

    code = "identity-incomplete"
    title = Text(
        th="ผู้ให้บริการยืนยันตัวตนไม่ได้ส่งเลขประจำตัวประชาชนที่ถูกต้องหรือชื่อ",
        en="The identity provider gave no valid 13-digit number or no name",
    )


class ProviderUnavailable(Unavailable):
    """The identity provider does not answer; sessions that exist go on."""

    code = "provider-unavailable"
    title = Text(
        th="ผู้ให้บริการยืนยันตัวตนไม่พร้อมใช้งานชั่วคราว โปรดลองใหม่หรือใช้ผู้ให้บริการอื่น",
        en="The identity provider is away for the moment; try again or use another one",
    )


class OfficerNotRegistered(Forbidden):
    """Identified, but no active officer."""

    code = "officer-not-registered"
    title = Text(
        th="ท่านไม่ได้ลงทะเบียนเป็นเจ้าหน้าที่ โปรดติดต่อผู้ดูแลระบบของหน่วยงาน",
        en="You are not registered as an officer; ask your agency's administrator",
    )


class SessionEnded(Unauthenticated):
    """The session was signed out, revoked or has reached its limit."""

    code = "session-ended"
    title = Text(th="การเข้าสู่ระบบสิ้นสุดแล้ว โปรดเข้าสู่ระบบใหม่", en="The session has ended; please sign in again")


class GrantRefused(BadRequest):
    """RFC 6749 §5.2 ``invalid_grant``: code or refresh token unknown, used, expired, or not the caller's."""

    code = "invalid-grant"
    title = Text(th="รหัสหรือโทเค็นใช้ไม่ได้ โปรดเข้าสู่ระบบใหม่", en="The code or token is not valid; please sign in again")

    def __init__(self) -> None:
        super().__init__(error="invalid_grant")


class ClientRefused(Unauthenticated):
    """RFC 6749 §5.2 ``invalid_client``: id or secret wrong."""

    code = "invalid-client"
    title = Text(th="รหัสหรือความลับของระบบไม่ถูกต้อง", en="The client's id or secret is wrong")

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": 'Basic realm="paet"'}, error="invalid_client")


class OfficerExists(Conflict):
    """One active record per person."""

    code = "officer-exists"
    title = Text(th="บุคคลนี้เป็นเจ้าหน้าที่อยู่แล้ว", en="This person is an active officer already")


class OwnRecord(Conflict):
    """Nobody gives roles to oneself."""

    code = "own-record"
    title = Text(th="ไม่สามารถแก้ไขสิทธิของตนเองได้", en="Nobody may change their own roles")


class AgencyNotYours(Forbidden):
    """An administrator acts within their own agency; the platform's, in all."""

    code = "agency-not-yours"
    title = Text(th="ดำเนินการได้เฉพาะหน่วยงานของท่าน", en="Only within your own agency")


class ErasureUnknown(NotFound):
    """There is no such erasure, or it is another person's."""

    code = "erasure-unknown"
    title = Text(th="ไม่พบคำขอลบข้อมูลนี้", en="There is no such request for erasure")
