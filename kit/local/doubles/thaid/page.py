"""The login page of the ThaiD double: choose a synthetic person, or deny."""

from html import escape

from kit.local.doubles.thaid.people import People

_PAGE = """<!doctype html>
<html lang="th"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>ThaiD (ตัวแทนเพื่อการพัฒนา)</title></head>
<body><main>
<h1>ThaiD (ตัวแทนเพื่อการพัฒนา)</h1>
<p>ไม่ใช่ระบบจริงของกรมการปกครอง บุคคลทั้งหมดเป็นบุคคลสมมติ</p>
<p>ผู้ขอข้อมูลต้องการ: {scopes}</p>
<form method="post" action="/login">
<input type="hidden" name="ticket" value="{ticket}">
<ul>{people}</ul>
<button name="person" value="">ปฏิเสธ</button>
</form>
</main></body></html>"""
_PERSON = '<li><button name="person" value="{sub}">{name}</button> {note}</li>'


def login_page(ticket: str, scopes: list[str], people: People) -> str:
    """Write the page as HTML. People are named by `sub`: a 13-digit number never stands in a page or form."""
    listed = (
        _PERSON.format(sub=escape(person.sub), name=escape(person.name), note=escape(person.note))
        for person in people.everybody
    )
    return _PAGE.format(ticket=escape(ticket), scopes=escape(", ".join(scopes)), people="\n".join(listed))
