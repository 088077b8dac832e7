"""What leaves the platform: a link into a signed-in session and nothing else (requirement D2). Pure."""

from kit.contracts.text import Language, Text
from services.delivery.domain.wording import MAIL, Wording

SHORT = Text(
    th="มีหนังสือแจ้งถึงท่าน เข้าสู่ระบบเพื่ออ่าน {link}",
    en="A notice to you lies in your inbox. Sign in: {link}",
)
LETTER = Wording(
    Text(th="มีหนังสือแจ้งถึงท่าน", en="A notice to you"),
    Text(
        th="มีหนังสือแจ้งถึงท่านในกล่องรับหนังสือ โปรดเข้าสู่ระบบเพื่ออ่าน:\n{link}\n\n"
        "หากเข้าสู่ระบบไม่ได้ โปรดติดต่อหน่วยงานพร้อมบัตรประจำตัว และแจ้งเลขอ้างอิง {reference}",
        en="A notice to you lies in your inbox. Sign in to read it:\n{link}\n\n"
        "If you cannot sign in, come to the agency with your identity card and the reference {reference}",
    ),
)
CHAT = Wording(Text(th="แจ้งเตือน", en="Notice"), SHORT)
OUTSIDE = {"email": MAIL, "line": CHAT, "sms": CHAT, "post": LETTER, "pickup": CHAT}


def say_outside(channel: str, language: Language, link: str, reference: str) -> tuple[str, str]:
    """Subject and body for a channel, in the recipient's language."""
    wording = OUTSIDE[channel]
    body = wording.body.in_language(language).format(link=link, reference=reference)
    return wording.subject.in_language(language), body
