"""Letters are registered with their number, then sent, refused or acknowledged."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit import duework
from kit.auth import Principal
from kit.clock import clock, local_date
from kit.contracts.text import Text
from kit.rows import fetch
from services.delivery import domain, queries
from services.delivery.domain import Correspondent, Enclosure, LetterState, Secrecy, Urgency
from services.delivery.models import Letter

SERIES = "INSERT INTO letter_series (agency, year, last) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING"
HOLD = "SELECT last FROM letter_series WHERE agency = $1 AND year = $2 FOR UPDATE"
TAKE = "UPDATE letter_series SET last = last + 1 WHERE agency = $1 AND year = $2 RETURNING last"
SETTLE = """
    UPDATE letter SET state = $2, message_id = $3, sha256 = $4, reply = $5, settled_at = $6
    WHERE id = $1 AND state = 'registered'
"""
WORK = "letter"


@dataclass(frozen=True)
class WantedLetter:
    """What an officer wants to be sent."""

    to: str
    subject: str
    salutation: str
    reference: str | None
    body: str
    signer: str
    position: str
    urgency: Urgency
    secrecy: Secrecy
    journey: UUID | None
    attach_document: bool


NEVER_ELECTRONIC = Text(th="หนังสือลับที่สุดห้ามส่งทางอิเล็กทรอนิกส์", en="What is top secret never travels electronically")
NOT_IN_THE_BOOK = Text(th="ไม่มีหน่วยงานนี้ในสมุดที่อยู่", en="No other agency of that code is in the address book")
NO_JOURNEY = Text(th="ต้องระบุเรื่องของเอกสาร", en="Name the journey of the document")
IMPOSSIBLE_DAY = Text(th="ต้องไม่ก่อนวันที่ส่งและไม่เป็นวันในอนาคต", en="Neither before it was sent nor in the future")


def check_letter(officer: Principal, wanted: WantedLetter, book: Mapping[str, Correspondent]) -> None:
    """What can be told before anybody is asked: LetterFaulty, SenderHasNoMailbox."""
    if wanted.secrecy is Secrecy.TOP_SECRET:
        raise domain.LetterFaulty.at("/secrecy", "never-electronic", NEVER_ELECTRONIC)
    if officer.agency not in book:
        raise domain.SenderHasNoMailbox
    if wanted.to not in book or wanted.to == officer.agency:
        raise domain.LetterFaulty.at("/to", "unknown", NOT_IN_THE_BOOK)
    if wanted.attach_document and wanted.journey is None:
        raise domain.LetterFaulty.at("/journey", "missing", NO_JOURNEY)


async def register_letter(
    session: AsyncSession, agency: str, by: UUID | None, wanted: WantedLetter, key: str,
    book: Mapping[str, Correspondent], pattern: str, enclosure: Enclosure | None,
) -> Letter:  # fmt: skip
    """Give a letter the next number of its agency and year, and plan its way; the same key again gives the same letter.

    Whoever holds the series gives a number or none, so that there is no gap. LetterKeyUsed.
    """
    now = clock.now()
    today = local_date(now)
    year = domain.buddhist_year(today)
    await fetch(session, SERIES, agency, year)
    await fetch(session, HOLD, agency, year)
    fingerprint = domain.fingerprint(asdict(wanted))
    if known := await queries.letter_of_key(session, agency, key):
        if known.fingerprint != fingerprint:
            raise domain.LetterKeyUsed
        return known
    ((running,),) = await fetch(session, TAKE, agency, year)
    prefix = book[agency].prefix or agency
    letter = Letter(
        agency=agency, year=year, running=running, number=domain.letter_number(pattern, prefix, running, year),
        to_agency=wanted.to, mailbox=book[wanted.to].mailbox, subject=wanted.subject, salutation=wanted.salutation,
        reference=wanted.reference, body=wanted.body, signer=wanted.signer, position=wanted.position,
        urgency=wanted.urgency, secrecy=wanted.secrecy, journey_id=wanted.journey, enclosure=_kept(enclosure),
        idempotency_key=key, fingerprint=fingerprint, registered_by=by, registered_at=now,
        state=LetterState.REGISTERED,
    )  # fmt: skip
    session.add(letter)
    await duework.add(session, WORK, letter.id, journey=wanted.journey)
    return letter


def _kept(enclosure: Enclosure | None) -> dict[str, Any] | None:
    return None if enclosure is None else asdict(enclosure) | {"document": str(enclosure.document)}


async def settle_letter(
    session: AsyncSession, letter: UUID, state: LetterState, message_id: str | None, sha256: str | None, reply: str
) -> None:
    """Take down what the mail server answered, or why it never left; the first answer counts."""
    await fetch(session, SETTLE, letter, state, message_id, sha256, reply[:500], clock.now())


async def acknowledge_letter(
    session: AsyncSession, officer: Principal, letter_id: UUID, reference: str, received_on: date
) -> Letter:
    """Take down under which number and on which day the addressee has received a letter. Repeating it changes nothing.

    LetterUnknown, LetterStateForbids, LetterFaulty.
    """
    letter = await queries.letter_of(session, officer, letter_id, lock=True)
    if letter.state == LetterState.ACKNOWLEDGED and (letter.acknowledged_as, letter.acknowledged_on) == (
        reference, received_on
    ):  # fmt: skip
        return letter
    if letter.state != LetterState.SENT:
        raise domain.LetterStateForbids
    if not local_date(letter.registered_at) <= received_on <= local_date(clock.now()):
        raise domain.LetterFaulty.at("/received_on", "impossible", IMPOSSIBLE_DAY)
    letter.state, letter.acknowledged_as, letter.acknowledged_on = LetterState.ACKNOWLEDGED, reference, received_on
    letter.acknowledged_by = UUID(officer.subject)
    return letter
