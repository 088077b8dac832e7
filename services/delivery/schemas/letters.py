"""Bodies of letters."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from kit.contracts.text import Text
from kit.errors import InvalidFieldError
from services.delivery.commands import WantedLetter
from services.delivery.domain import LetterState, Secrecy, Urgency
from services.delivery.models import Letter
from services.delivery.schemas.templates import Body, spelt


def _one_line(words: str) -> str:
    if not words.isprintable():
        raise InvalidFieldError("not-one-line", Text(th="ต้องเป็นบรรทัดเดียว", en="It is one line of printable words"))
    return words


def _written(words: str) -> str:
    """What XML cannot hold is no writing either."""
    if not all(each.isprintable() or each in "\n\t" for each in words):
        raise InvalidFieldError("unprintable", Text(th="มีอักขระที่พิมพ์ไม่ได้", en="It has characters that cannot be printed"))
    return words


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(spelt), AfterValidator(_one_line)]
Prose = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(spelt), AfterValidator(_written)]
OtherAgency = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]


class NewLetter(Body):
    """A letter to another agency (หนังสือภายนอก); ``attach_document`` sends the journey's issued document with it."""

    to: OtherAgency
    subject: Line
    salutation: Line
    reference: Line | None = None
    body: Prose
    signer: Line
    position: Line
    urgency: Urgency = Urgency.NORMAL
    secrecy: Secrecy = Secrecy.NORMAL
    journey: UUID | None = None
    attach_document: bool = False

    def wanted(self) -> WantedLetter:
        """What is to be sent."""
        return WantedLetter(**self.model_dump())


class Acknowledgement(Body):
    """Under which number and on which day the addressee has received it."""

    reference: Line
    received_on: date


class EnclosureView(BaseModel):
    """The document that goes with a letter."""

    document: UUID
    number: str
    title: str
    file_name: str
    sha256: str


class LetterSummary(BaseModel):
    """An entry of the register of sent letters; ``sha256`` is of the mail, ``reply`` the mail server's answer.

    Of a refused letter without ``sha256`` nothing left: ``reply`` is the code of why.
    """

    id: UUID
    number: str
    year: int
    running: int
    to: str
    mailbox: str
    subject: str
    urgency: Urgency
    secrecy: Secrecy
    state: LetterState
    registered_at: datetime
    settled_at: datetime | None
    sha256: str | None
    reply: str | None
    acknowledged_as: str | None
    acknowledged_on: date | None

    @classmethod
    def of(cls, letter: Letter) -> "LetterSummary":
        """From its row."""
        return cls(**_summary(letter))


class LetterView(LetterSummary):
    """The same with what it says."""

    salutation: str
    reference: str | None
    body: str
    signer: str
    position: str
    journey: UUID | None
    enclosure: EnclosureView | None
    registered_by: UUID | None
    """The officer; None where the platform wrote by itself."""

    @classmethod
    def whole(cls, letter: Letter) -> "LetterView":
        """From its row."""
        said = letter.model_dump(include={"salutation", "reference", "body", "signer", "position", "registered_by"})
        return cls(**_summary(letter), **said, journey=letter.journey_id, enclosure=letter.enclosure)


class LetterRegister(BaseModel):
    """A page of the register, the last number first; ``next`` is the ``before`` of the page after it."""

    year: int
    items: list[LetterSummary]
    next: Annotated[int, Field(ge=1)] | None


def _summary(letter: Letter) -> dict[str, object]:
    said = letter.model_dump(include={*LetterSummary.model_fields} - {"to"})
    return said | {"to": letter.to_agency}
