"""What delivery refuses."""

from kit.contracts.text import Text
from kit.errors import Conflict, FieldError, NotFound, Unprocessable


class NoticeUnknown(NotFound):
    """No such notice in this inbox."""

    code = "notice-not-found"
    title = Text(th="ไม่พบหนังสือแจ้งนี้ในกล่องของท่าน", en="There is no such notice in your inbox")


class NothingToFetch(NotFound):
    """Nothing lies ready under this code, or for this notice."""

    code = "nothing-to-fetch"
    title = Text(th="ไม่มีหนังสือรอรับที่เคาน์เตอร์", en="Nothing lies ready at the counter")


class NoPublicDocument(NotFound):
    """The journey delivers no public document, or has not come to it yet."""

    code = "public-document-not-found"
    title = Text(th="ยังไม่มีเอกสารเผยแพร่ของเรื่องนี้", en="There is no public document of this journey yet")


class KindUnknown(NotFound):
    """No such kind of notice."""

    code = "notice-kind-not-found"
    title = Text(th="ไม่มีหนังสือแจ้งประเภทนี้", en="There is no such kind of notice")


class TemplateFaulty(Unprocessable):
    """The words cannot be used: see ``errors``."""

    code = "template-faulty"
    title = Text(th="แบบข้อความใช้ไม่ได้", en="The template cannot be used")


class TemplateChanged(Conflict):
    """Somebody saved a version since this one was read."""

    code = "template-changed"
    title = Text(th="มีผู้บันทึกแบบข้อความฉบับใหม่แล้ว โปรดเปิดดูก่อน", en="A newer version was saved since: read it first")


class NothingToWithdraw(Conflict):
    """No words of one's own are in use or planned."""

    code = "nothing-to-withdraw"
    title = Text(th="ใช้ข้อความเริ่มต้นอยู่แล้ว", en="The shipped words are in use already")


class LetterUnknown(NotFound):
    """No such letter of the officer's agency."""

    code = "letter-not-found"
    title = Text(th="ไม่พบหนังสือฉบับนี้", en="There is no such letter")


class LetterFaulty(Unprocessable):
    """The letter cannot be sent as asked: see ``errors``."""

    code = "letter-faulty"
    title = Text(th="ส่งหนังสือตามที่ขอไม่ได้", en="The letter cannot be sent as asked")

    @classmethod
    def at(cls, pointer: str, code: str, detail: Text) -> "LetterFaulty":
        """Name the field."""
        return cls(errors=[FieldError(pointer, code, detail)])


class SenderHasNoMailbox(Conflict):
    """The officer's agency is not in the address book."""

    code = "no-own-mailbox"
    title = Text(th="หน่วยงานของท่านยังไม่มีที่อยู่สารบรรณกลาง", en="Your agency has no central mailbox in the address book")


class LetterKeyUsed(Conflict):
    """The Idempotency-Key stands for another letter."""

    code = "letter-key-used"
    title = Text(th="Idempotency-Key นี้ใช้กับหนังสือฉบับอื่นแล้ว", en="This Idempotency-Key stands for another letter")


class LetterStateForbids(Conflict):
    """The letter was not sent, or was acknowledged otherwise."""

    code = "letter-state-forbids"
    title = Text(th="สถานะของหนังสือไม่อนุญาตให้ดำเนินการนี้", en="The state of the letter does not allow this")
