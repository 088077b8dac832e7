"""Cursors of pages ordered by a time and an id: opaque to the caller, the same in every service."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

from kit.contracts.text import Text
from kit.errors import FieldError, Unprocessable


class CursorUnknown(Unprocessable):
    """The cursor is none that a page gave."""

    code = "cursor-unknown"
    title = Text(th="ตัวชี้หน้าถัดไปไม่ถูกต้อง", en="This is no cursor that a page gave")


def cursor_of(at: datetime, identifier: UUID) -> str:
    """The cursor of the row that ends a page."""
    return urlsafe_b64encode(f"{at.isoformat()} {identifier}".encode()).decode()


def read_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Time (aware) and id of the row before the page; CursorUnknown for anything that no page gave."""
    try:
        time, _, identifier = urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        at = datetime.fromisoformat(time)
        if at.tzinfo is None:
            raise ValueError("a time without its zone")
        return at.astimezone(UTC), UUID(identifier)
    except (ValueError, OverflowError):
        fault = FieldError("/cursor", "unknown", CursorUnknown.title, part="query")
        raise CursorUnknown(errors=[fault]) from None
