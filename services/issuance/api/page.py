"""The verification page: one document, Thai or English, without scripts; every value is escaped."""

import base64
import hashlib
from datetime import date, datetime
from html import escape
from pathlib import Path
from string import Template

from fastapi.responses import HTMLResponse

from kit.clock import BANGKOK
from kit.contracts.text import Language, Text
from kit.thai import long_date
from services.issuance.domain import NoLongerKept, Status, VerificationNotFound
from services.issuance.schemas import VerificationView

TEMPLATES = Path(__file__).parents[1] / "templates"
PAGE = Template((TEMPLATES / "verify.html").read_text(encoding="utf-8"))
STYLE = (TEMPLATES / "verify.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Language",
}
LOOKS = {Status.VALID: "good", Status.SUSPENDED: "held", Status.EXPIRED: "held"}

WORDS = {
    "number": Text(th="เลขที่", en="Number"),
    "status": Text(th="สถานะปัจจุบัน", en="Present status"),
    "agency": Text(th="หน่วยงานผู้ออก", en="Issued by"),
    "issued_on": Text(th="วันที่ออก", en="Issued on"),
    "valid_until": Text(th="ใช้ได้ถึงวันที่", en="Valid until"),
    "suspended_until": Text(th="พักใช้ถึงวันที่", en="Suspended until"),
    "for_ever": Text(th="ไม่กำหนดอายุ", en="Without end"),
    "shown": Text(th="รายการในเอกสาร", en="What the document shows"),
    "check": Text(th="ตรวจไฟล์ที่ได้รับ", en="Check the file you were given"),
    "choose": Text(
        th="เลือกไฟล์ PDF เพื่อเทียบกับฉบับที่หน่วยงานออก ไฟล์จะไม่ถูกเก็บไว้",
        en="Choose the PDF to compare it with the one that was issued. The file is not kept.",
    ),
    "button": Text(th="ตรวจสอบไฟล์", en="Check the file"),
    "genuine": Text(th="ไฟล์นี้ตรงกับฉบับที่หน่วยงานออกทุกประการ", en="This is exactly the file that was issued."),
    "changed": Text(
        th="ไฟล์นี้ไม่ตรงกับฉบับที่หน่วยงานออก อาจถูกแก้ไขหรือเป็นเอกสารอื่น",
        en="This is not the file that was issued: it was changed, or it is another document.",
    ),
    "copy": Text(
        th="ไฟล์นี้เป็นสำเนารับรองครั้งที่ {copy} ของ{of} เลขที่", en="This is exactly certified copy no. {copy} of {of}, number"
    ),
    "hash": Text(th="ค่าแฮช SHA-256 ของไฟล์", en="SHA-256 of the file"),
    "as_of": Text(th="ข้อมูล ณ วันที่", en="As of"),
    "free": Text(
        th="ตรวจสอบได้โดยไม่เสียค่าใช้จ่ายและไม่ต้องเข้าสู่ระบบ", en="Anyone may check this, free and without signing in."
    ),
    "unknown": Text(th="ไม่พบเอกสารตามรหัสนี้", en="There is no document under this code"),
    "unknown_why": Text(
        th="ไม่มีหน่วยงานใดออกเอกสารด้วยรหัสตรวจสอบนี้ โปรดสแกนคิวอาร์บนเอกสารอีกครั้ง หากยังพบหน้านี้ เอกสารอาจไม่ใช่ของจริง",
        en="No document was issued under this verification code. Scan the QR code on the document again; "
        "if this page is shown again, the document may not be genuine.",
    ),
    "gone": Text(th="ไม่มีข้อมูลเอกสารนี้แล้ว", en="This document is no longer kept"),
    "gone_why": Text(
        th="หน่วยงานเคยออกเอกสารนี้จริง แต่พ้นกำหนดเวลาเก็บรักษาแล้ว จึงไม่มีข้อมูลให้เทียบ เอกสารนี้สิ้นผลไปนานแล้ว",
        en="It was issued and kept for its time: nothing is left to compare it with. It has long ceased to hold.",
    ),
    "site": Text(th="ตรวจสอบเอกสารอิเล็กทรอนิกส์", en="Verification of electronic documents"),
}


def of(
    shown: VerificationView, language: Language, *, is_genuine: bool | None = None, copy: int | None = None
) -> HTMLResponse:
    """The page of an issued document; ``is_genuine`` is the finding about a file that was sent.

    ``copy`` is the number of the certified copy that the file is.
    """
    title = f"{shown.title.in_language(language)} {shown.number}"
    body = (
        heading(shown, language)
        + facts(shown, language)
        + _upload(language, _finding(shown, language, is_genuine, copy))
    )
    codes = " · ".join(f"<code>{each}</code>" for each in reversed(shown.files))
    stated = as_of(shown.checked_at.astimezone(BANGKOK), language)
    footer = f"<p>{stated} · {_say('free', language)}</p><p>{_say('hash', language)}: {codes}</p>"
    return _page(language, title, shown.agency_name.in_language(language), body, footer, 200)


def without(why: VerificationNotFound | NoLongerKept, language: Language) -> HTMLResponse:
    """The page for a code under which nothing was issued, or for a document that is not kept any more."""
    name, look = ("gone", "held") if isinstance(why, NoLongerKept) else ("unknown", "bad")
    title = WORDS[name].in_language(language)
    said = _say(f"{name}_why", language)
    if isinstance(why, NoLongerKept):
        said = f"{_say('number', language)} {escape(str(why.extensions['number']))} · {said}"
    body = f'<h1>{escape(title)}</h1><p class="status {look}">{said}</p>'
    footer = f"<p>{_say('free', language)}</p>"
    return _page(language, title, WORDS["site"].in_language(language), body, footer, why.status)


def _page(language: Language, title: str, agency: str, body: str, footer: str, status: int) -> HTMLResponse:
    other: Language = "en" if language == "th" else "th"
    html = PAGE.substitute(
        language=language,
        heading=escape(title),
        agency=escape(agency),
        other_language=other,
        other_name="English" if other == "en" else "ภาษาไทย",
        style=STYLE,
        body=body,
        footer=footer,
    )
    return HTMLResponse(html, status_code=status, headers=HEADERS | {"Content-Language": language})


def as_of(at: datetime, language: Language) -> str:
    """The moment for which the page speaks, in Thailand's time."""
    return f"{_say('as_of', language)} {_day(at.date(), language)} {at:%H.%M}{' น.' if language == 'th' else ''}"


def heading(shown: VerificationView, language: Language, *, level: int = 1) -> str:
    """Title, number and present status."""
    look = LOOKS.get(shown.status, "bad")
    words = escape(shown.status_words.in_language(language))
    return (
        f"<h{level}>{escape(shown.title.in_language(language))}</h{level}>"
        f'<p class="number">{_say("number", language)} {escape(shown.number)}</p>'
        f'<p class="status {look}"><span>{_say("status", language)}</span> <strong>{words}</strong></p>'
    )


def facts(shown: VerificationView, language: Language) -> str:
    """Agency, days and the public fields."""
    until = _day(shown.valid_until, language) if shown.valid_until else WORDS["for_ever"].in_language(language)
    rows = [
        (WORDS["agency"], shown.agency_name.in_language(language)),
        (WORDS["issued_on"], _day(shown.issued_on, language)),
        (WORDS["valid_until"], until),
        *([(WORDS["suspended_until"], _day(shown.suspended_until, language))] if shown.suspended_until else []),
        *((field.title, field.value) for field in shown.fields),
    ]
    items = "".join(
        f"<div><dt>{escape(title.in_language(language))}</dt><dd>{escape(value)}</dd></div>" for title, value in rows
    )
    return f"<h2>{_say('shown', language)}</h2><dl>{items}</dl>"


def _finding(shown: VerificationView, language: Language, is_genuine: bool | None, copy: int | None) -> str:
    if is_genuine is None:
        return ""
    look, words = ("good", _say("genuine", language)) if is_genuine else ("bad", _say("changed", language))
    if copy is not None:
        said = WORDS["copy"].in_language(language).format(copy=copy, of=shown.title.in_language(language))
        look, words = "good", escape(f"{said} {shown.number}")
    return f'<p class="status {look}" role="status" id="result">{words}</p>'


def _upload(language: Language, result: str) -> str:
    return (
        f"<h2>{_say('check', language)}</h2>{result}"
        f'<form method="post" enctype="multipart/form-data" action="?language={language}#result">'
        f'<label for="file">{_say("choose", language)}</label>'
        '<input id="file" name="file" type="file" accept="application/pdf" required>'
        f"<div><button>{_say('button', language)}</button></div></form>"
    )


def _say(word: str, language: Language) -> str:
    return escape(WORDS[word].in_language(language))


def _day(day: date, language: Language) -> str:
    return long_date(day) if language == "th" else f"{day.day} {day:%B %Y}"
