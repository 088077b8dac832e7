"""What a template must be before it may be used: strict about its places, bounded, with what law wants told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.contracts.text import Text
from kit.errors import FieldError
from services.delivery.domain.problems import KindUnknown, TemplateFaulty
from services.delivery.domain.wording import KINDS, PLACES, Kind, Wording, filled, is_plain, missing, places_of

LONGEST_SUBJECT = 200
LONGEST_BODY = 8_000
PLATFORM = "platform"
"""Whose templates hold for every agency that has none of its own."""


@dataclass(frozen=True)
class Saved:
    """A version as it was saved; without a wording it takes the earlier ones back."""

    id: UUID
    agency: str
    kind: str
    version: int
    wording: Wording | None
    author: UUID
    created_at: datetime
    valid_from: datetime


def kind_of(code: str) -> Kind:
    """The kind of that code; KindUnknown."""
    if code not in KINDS:
        raise KindUnknown
    return KINDS[code]


def is_whole(code: str, wording: Wording) -> bool:
    """Whether words tell what must be told of this kind now: they may be older than that it must."""
    needed = KINDS[code].needed if code in KINDS else ()
    return not any(missing(said, needed) for said in (wording.body.th, wording.body.en))


def check(kind: Kind, wording: Wording) -> None:
    """Raise TemplateFaulty naming every field that is wrong."""
    errors = [*_faults(kind, "subject", wording.subject), *_faults(kind, "body", wording.body)]
    if errors:
        raise TemplateFaulty(errors=errors)


def _faults(kind: Kind, part: str, words: Text) -> Iterator[FieldError]:
    for language in ("th", "en"):
        said, pointer = getattr(words, language), f"/{part}/{language}"
        yield from _odd(kind, pointer, said)
        if part == "subject" and not said.isprintable():
            detail = Text(th="หัวเรื่องต้องเป็นบรรทัดเดียว", en="The subject is one line of printable words")
            yield FieldError(pointer, "not-one-line", detail)
        if part == "body":
            for name in missing(said, kind.needed):
                detail = Text(th=f"ต้องมี {{{name}}}", en=f"{{{name}}} must be told")
                yield FieldError(pointer, "place-missing", detail)


def _odd(kind: Kind, pointer: str, said: str) -> Iterator[FieldError]:
    if not is_plain(said):
        detail = Text(th="วงเล็บปีกกาใช้ได้เฉพาะรอบชื่อ เช่น {number}", en="Braces stand around a name only, as in {number}")
        yield FieldError(pointer, "braces", detail)
    # What is no place of this kind is somebody's own text: it is not repeated.
    if not places_of(said) <= kind.allowed:
        known = ", ".join(f"{{{name}}}" for name in sorted(kind.allowed))
        detail = Text(th=f"ใช้ได้เฉพาะ {known}", en=f"Only these may stand: {known}")
        yield FieldError(pointer, "place-unknown", detail)


def sample(kind: Kind) -> dict[str, str]:
    """Values for a preview."""
    said = {name: PLACES[name].th for name in kind.allowed}
    return said | {f"{name}_en": PLACES[name].en for name in kind.allowed}


def preview(kind: Kind, wording: Wording) -> tuple[Text, Text]:
    """Subject and body as they would read; TemplateFaulty."""
    check(kind, wording)
    values = sample(kind)
    return filled(wording.subject, values), filled(wording.body, values)
