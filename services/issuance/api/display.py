"""The display for premises (EGOV65 s.13(1)): the sides of a document in turn, without scripts, always current.

Each side is shown for some seconds by an animation of its style sheet; after one turn the page loads itself anew.
Whoever wants nothing to move has all sides beneath each other.
"""

import base64
import hashlib
import re
from html import escape
from string import Template

from fastapi.responses import HTMLResponse

from kit.clock import BANGKOK
from kit.contracts.text import Language, Text
from kit.documents import qr_svg
from services.issuance.api import page
from services.issuance.schemas import VerificationView

PAGE = Template((page.TEMPLATES / "display.html").read_text(encoding="utf-8"))
STYLE = Template((page.TEMPLATES / "display.css").read_text(encoding="utf-8"))
LANGUAGES: tuple[Language, ...] = ("th", "en")
SCAN = Text(th="สแกนเพื่อตรวจสอบเอกสารนี้ โดยไม่เสียค่าใช้จ่าย", en="Scan to verify this document, free of charge")
CODE = Text(th="คิวอาร์สำหรับตรวจสอบ", en="QR code for verification")
_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')


def of(shown: VerificationView, verify_url: str, seconds: int) -> HTMLResponse:
    """The display of an issued document, each side for that many seconds."""
    sides = [*(_document(shown, language) for language in LANGUAGES), _code(shown, verify_url), _status(shown)]
    turn = seconds * len(sides)
    style = page.STYLE + _style(seconds, len(sides))
    html = PAGE.substitute(
        turn=turn, heading=escape(f"{shown.title.th} {shown.number}"), style=style, sides="\n".join(sides)
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'"
    headers = page.HEADERS | {"Content-Security-Policy": policy, "Content-Language": "th, en"}
    del headers["Vary"]
    return HTMLResponse(html, headers=headers)


def _style(seconds: int, count: int) -> str:
    delays = "\n".join(
        f"  .side:nth-child({place + 1}) {{ animation-delay: {place * seconds}s }}" for place in range(count)
    )
    return STYLE.substitute(turn=seconds * count, share=f"{100 / count:g}", delays=delays)


def _side(body: str, language: Language = "th", kind: str = "") -> str:
    return f'<section class="side{kind}" lang="{language}">{body}</section>'


def _document(shown: VerificationView, language: Language) -> str:
    agency = f'<p class="agency">{escape(shown.agency_name.in_language(language))}</p>'
    return _side(agency + page.heading(shown, language) + page.facts(shown, language), language)


def _code(shown: VerificationView, verify_url: str) -> str:
    drawn = _SIZE.sub(r'viewBox="0 0 \1 \2"', qr_svg(verify_url).decode(), count=1)
    labelled = drawn.replace("<svg ", f'<svg role="img" aria-label="{CODE.th} {CODE.en}" ', 1)
    number = f'<p class="number">{escape(shown.title.th)} {escape(shown.number)}</p>'
    return _side(f'<p>{SCAN.th}</p><p lang="en">{SCAN.en}</p>{labelled}{number}', kind=" code")


def _status(shown: VerificationView) -> str:
    parts = [
        f'<div lang="{each}">{page.heading(shown, each, level=2)}{_as_of(shown, each)}</div>' for each in LANGUAGES
    ]
    return _side("".join(parts))


def _as_of(shown: VerificationView, language: Language) -> str:
    return f'<p class="as-of">{page.as_of(shown.checked_at.astimezone(BANGKOK), language)}</p>'
