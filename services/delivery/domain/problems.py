"""What delivery refuses."""

from kit.contracts.text import Text
from kit.errors import NotFound


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
