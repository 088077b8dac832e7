"""Bodies of templates."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from kit.contracts.text import Text
from kit.errors import InvalidFieldError
from kit.thai import normalise
from services.delivery import domain
from services.delivery.domain import KINDS, LONGEST_BODY, LONGEST_SUBJECT, Saved, Wording


def spelt(words: str) -> str:
    """In the one spelling in which words are kept; a fault where nothing visible is left."""
    if not (spelt := normalise(words).strip()):
        raise InvalidFieldError("empty", Text(th="ต้องมีข้อความ", en="Something must be said"))
    return spelt


Subject = Annotated[str, StringConstraints(max_length=LONGEST_SUBJECT), AfterValidator(spelt)]
Words = Annotated[str, StringConstraints(max_length=LONGEST_BODY), AfterValidator(spelt)]
Version = Annotated[int, Field(ge=0, le=1_000_000)]


class Body(BaseModel):
    """What is sent: unknown members are faults."""

    model_config = ConfigDict(extra="forbid")


class SubjectWords(Body):
    """One line in each language."""

    th: Subject
    en: Subject


class BodyWords(Body):
    """A text in each language."""

    th: Words
    en: Words


class TemplateWords(Body):
    """Words of a kind of notice, with places in braces."""

    subject: SubjectWords
    body: BodyWords

    def wording(self) -> Wording:
        """What is checked and kept."""
        return Wording(Text(th=self.subject.th, en=self.subject.en), Text(th=self.body.th, en=self.body.en))


class NewTemplate(TemplateWords):
    """``based_on`` is the version that was read, 0 where there was none; ``valid_from`` is at once unless said."""

    based_on: Version
    valid_from: AwareDatetime | None = None


class Withdrawal(Body):
    """``based_on`` is the version that was read."""

    based_on: Version


class WordingView(BaseModel):
    """Subject and body."""

    subject: Text
    body: Text


class VersionView(BaseModel):
    """One version; without a wording it took the earlier ones back."""

    agency: str
    version: int
    wording: WordingView | None
    author: UUID
    created_at: datetime
    valid_from: datetime

    @classmethod
    def of(cls, saved: Saved) -> "VersionView":
        """From what was saved."""
        wording = None if saved.wording is None else wording_view(saved.wording)
        return cls(
            agency=saved.agency, version=saved.version, wording=wording, author=saved.author,
            created_at=saved.created_at, valid_from=saved.valid_from,
        )  # fmt: skip


class TemplateView(BaseModel):
    """A kind of notice: its places, what must be told, and the words in use.

    ``agency`` and ``version`` say whose words they are: ``null`` and 0 are the shipped ones. ``last`` is the number of
    the own agency's last version, to be named as ``based_on``.
    """

    kind: str
    places: list[str]
    needed: list[str]
    agency: str | None
    version: int
    wording: WordingView
    last: int

    @classmethod
    def of(cls, kind: str, used: Saved | None, last: Saved | None) -> "TemplateView":
        """From the version in force and the last one."""
        found = KINDS[kind]
        words = used.wording if used and used.wording else found.shipped
        return cls(
            kind=kind, places=sorted(found.allowed), needed=sorted(found.needed),
            agency=used.agency if used else None, version=used.version if used else 0, wording=wording_view(words),
            last=last.version if last else 0,
        )  # fmt: skip


class TemplateHistory(TemplateView):
    """The same with the shipped words and every version, newest first."""

    shipped: WordingView
    versions: list[VersionView]


class Preview(BaseModel):
    """How a notice would read with sample values."""

    subject: Text
    body: Text


def wording_view(wording: Wording) -> WordingView:
    """Subject and body of a wording."""
    return WordingView(subject=wording.subject, body=wording.body)


def history_of(kind: str, used: Saved | None, last: Saved | None, versions: list[Saved]) -> TemplateHistory:
    """A kind with every version."""
    view = TemplateView.of(kind, used, last)
    return TemplateHistory(
        **view.model_dump(), shipped=wording_view(domain.kind_of(kind).shipped),
        versions=[VersionView.of(each) for each in versions],
    )  # fmt: skip
