"""Problems (RFC 9457): what went wrong, in Thai and English, under a stable type.

A service's own problems subclass these in its ``domain.py`` and set ``code`` and ``title``. Nothing internal
belongs into a problem: its reader is the person who asked. Pure: `kit.problems` renders them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kit.contracts.text import Language, Text

TYPE_PREFIX = "urn:paet:problem:"
STANDARD_MEMBERS = frozenset({"type", "title", "status", "detail", "instance", "errors"})
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class FieldError:
    """One fault in what was sent.

    `pointer` is a JSON Pointer (RFC 6901) into the part of the request named by `part`; `code` is stable and
    for programs; `detail` is for the person and never repeats the value, which may be personal data.
    """

    pointer: str
    code: str
    detail: Text
    part: Literal["body", "query", "path", "header", "cookie"] = "body"


class InvalidFieldError(ValueError):
    """For a pydantic validator that has its own words: becomes a FieldError with this code and detail."""

    def __init__(self, code: str, detail: Text) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Problem(Exception):
    """A problem to show to the caller. Subclasses set `status`, `code` (kebab-case, stable) and `title`.

    `extensions` become members of the body (RFC 9457 §3.2); a Text among them is shown in the reader's
    language. Times, UUIDs, enums and pydantic models may stand in them.
    """

    status: int = 500
    code: str = "internal"
    title: Text = Text(th="เกิดข้อผิดพลาดภายในระบบ", en="Something failed inside the system")

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not _CODE.fullmatch(cls.code) or not 400 <= cls.status <= 599:
            raise TypeError(f"{cls.__name__}: code must be kebab-case and status 4xx or 5xx")

    def __init__(
        self,
        detail: Text | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        if taken := STANDARD_MEMBERS & extensions.keys():
            raise TypeError(f"extension members may not be named {sorted(taken)}")
        super().__init__(self.code)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extensions = extensions

    def __str__(self) -> str:
        return f"{self.status} {self.code}"


class BadRequest(Problem):
    """The request cannot be read at all."""

    status, code = 400, "bad-request"
    title = Text(th="คำขอไม่อยู่ในรูปแบบที่อ่านได้", en="The request cannot be read")


class Unauthenticated(Problem):
    """No valid token."""

    status, code = 401, "unauthenticated"
    title = Text(th="กรุณาเข้าสู่ระบบ", en="Please sign in")


class Forbidden(Problem):
    """Known, but not allowed to do this."""

    status, code = 403, "forbidden"
    title = Text(th="ท่านไม่มีสิทธิดำเนินการนี้", en="You may not do this")


class NotFound(Problem):
    """There is no such thing, or none that the caller may know of."""

    status, code = 404, "not-found"
    title = Text(th="ไม่พบข้อมูลที่ร้องขอ", en="Not found")


class MethodNotAllowed(Problem):
    """The address exists, but does not take this method."""

    status, code = 405, "method-not-allowed"
    title = Text(th="ไม่รองรับวิธีเรียกนี้", en="This method is not allowed here")


class Conflict(Problem):
    """The thing is in a state that does not allow this."""

    status, code = 409, "conflict"
    title = Text(th="สถานะปัจจุบันไม่อนุญาตให้ดำเนินการนี้", en="The present state does not allow this")


class PreconditionFailed(Problem):
    """Changed by someone since it was read (If-Match)."""

    status, code = 412, "precondition-failed"
    title = Text(th="ข้อมูลถูกแก้ไขแล้วหลังจากที่ท่านเปิดดู", en="It has been changed since you read it")


class TooLarge(Problem):
    """The body is over the limit."""

    status, code = 413, "too-large"
    title = Text(th="ข้อมูลที่ส่งมีขนาดเกินกำหนด", en="The body is too large")


class UnsupportedMediaType(Problem):
    """The body is in a format that is not taken here."""

    status, code = 415, "unsupported-media-type"
    title = Text(th="ไม่รองรับรูปแบบข้อมูลที่ส่ง", en="This format is not taken here")


class Unprocessable(Problem):
    """Readable, but with faults: see `errors`."""

    status, code = 422, "unprocessable"
    title = Text(th="ข้อมูลที่ส่งไม่ถูกต้อง", en="Some of what was sent is not valid")


class PreconditionRequired(Problem):
    """The caller must say which version it means (If-Match), or how to repeat safely (Idempotency-Key)."""

    status, code = 428, "precondition-required"
    title = Text(th="ต้องระบุเงื่อนไขในส่วนหัวของคำขอ", en="A conditional header is required")


class _Later(Problem):
    def __init__(self, detail: Text | None = None, *, retry_after: int = 5, **rest: Any) -> None:
        super().__init__(detail, **rest)
        self.headers.setdefault("Retry-After", str(retry_after))


class TooManyRequests(_Later):
    """Over the caller's limit; `retry_after` in seconds."""

    status, code = 429, "too-many-requests"
    title = Text(th="เรียกใช้บริการถี่เกินกำหนด", en="Too many requests")


class Unavailable(_Later):
    """Something that this needs is away for now; `retry_after` in seconds."""

    status, code = 503, "unavailable"
    title = Text(th="ระบบไม่พร้อมให้บริการชั่วคราว", en="Not available for the moment")


def problem_body(problem: Problem, language: Language, instance: str) -> dict[str, Any]:
    """Give the members of the problem in one language; extension values are still Python objects."""

    def said(value: Any) -> Any:
        return value.in_language(language) if isinstance(value, Text) else value

    body: dict[str, Any] = {
        "type": TYPE_PREFIX + problem.code,
        "title": said(problem.title),
        "status": problem.status,
        "instance": instance,
    }
    if problem.detail is not None:
        body["detail"] = said(problem.detail)
    if problem.errors:
        body["errors"] = [
            {"in": each.part, "pointer": each.pointer, "code": each.code, "detail": said(each.detail)}
            for each in problem.errors
        ]
    return body | {name: said(value) for name, value in problem.extensions.items()}


def language_of(accept_language: str | None) -> Language:
    """Choose the language the reader prefers (RFC 9110 §12.5.4); Thai where nothing is said or fits."""
    best: tuple[float, Language] = (0.0, "th")
    for item in (accept_language or "")[:500].split(","):
        tag, _, parameters = item.partition(";")
        language = _language(tag.strip().lower())
        if language is not None and (quality := _quality(parameters)) > best[0]:
            best = (quality, language)
    return best[1]


def _language(tag: str) -> Language | None:
    primary = tag.partition("-")[0]
    if primary == "en":
        return "en"
    return "th" if primary in {"th", "*"} else None


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    return float(value) if re.fullmatch(r"\s*(0(\.\d{0,3})?|1(\.0{0,3})?)\s*", value) else 0.0
