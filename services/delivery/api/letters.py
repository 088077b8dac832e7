"""Official letters to other agencies, and the register of what was sent."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request

from kit.app import Kit
from kit.auth import Principal, allow
from kit.claims import DOCUMENT
from kit.clock import clock, local_date
from kit.contracts.text import Text
from kit.database import Reading, Session
from services.delivery import commands, domain, queries
from services.delivery.commands import WantedLetter
from services.delivery.domain import Enclosure
from services.delivery.schemas import Acknowledgement, LetterRegister, LetterSummary, LetterView, NewLetter
from services.delivery.settings import Settings

router = APIRouter(tags=["letters"])

UNKNOWN = Text(th="ไม่พบเรื่องนี้", en="There is no such journey")
NOTHING = Text(th="ยังไม่มีเอกสารที่ออก", en="Nothing is issued of it yet")

Administrator = Annotated[Principal, Depends(allow("officer:administrator"))]


@router.post("/letters", status_code=201)
async def write(
    request: Request,
    administrator: Administrator,
    body: NewLetter,
    idempotency_key: Annotated[str, Header(min_length=1, max_length=255)],
) -> LetterView:
    """Register a letter under the next number of the agency and year, and send it to the other's central mailbox.

    What is top secret is refused: it never travels electronically. The same key again gives the same letter.
    """
    kit: Kit = request.app.state.kit
    settings = cast(Settings, kit.settings)
    wanted = body.wanted()
    commands.check_letter(administrator, wanted, settings.saraban_book)
    # No connection is held while issuance is asked.
    enclosure = await _enclosure(kit, administrator, wanted)
    async with kit.database.transaction() as session:
        letter = await commands.register_letter(
            session, str(administrator.agency), UUID(administrator.subject), wanted, idempotency_key,
            settings.saraban_book, settings.letter_number, enclosure,
        )  # fmt: skip
    return LetterView.whole(letter)


async def _enclosure(kit: Kit, officer: Principal, wanted: WantedLetter) -> Enclosure | None:
    """The issued document of a journey of the officer's agency, as it is now; LetterFaulty."""
    if wanted.journey is None:
        return None
    async with kit.database.reading() as session:
        is_own = await queries.is_of_agency(session, wanted.journey, str(officer.agency))
    if not is_own:
        raise domain.LetterFaulty.at("/journey", "unknown", UNKNOWN)
    if not wanted.attach_document:
        return None
    found = await kit.claim(DOCUMENT.owner, DOCUMENT.name, [wanted.journey])
    if (claim := found.get(str(wanted.journey))) is None:
        raise domain.LetterFaulty.at("/journey", "nothing-issued", NOTHING)
    document = DOCUMENT.model.model_validate(claim)
    return Enclosure(
        document.document, document.number, document.title_th, document.file_name, document.sha256
    )  # fmt: skip


@router.get("/letters")
async def letters(
    administrator: Administrator,
    session: Reading,
    year: Annotated[int | None, Query(ge=2560, le=2999)] = None,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> LetterRegister:
    """The register of the agency's sent letters in a Buddhist year (this one unless said), the last number first."""
    asked = year or domain.buddhist_year(local_date(clock.now()))
    found = await queries.letters(session, str(administrator.agency), asked, before, limit)
    following = found[-1].running if len(found) == limit else None
    return LetterRegister(year=asked, items=[LetterSummary.of(each) for each in found], next=following)


@router.get("/letters/{letter_id}")
async def letter(administrator: Administrator, session: Reading, letter_id: UUID) -> LetterView:
    """One letter with what it says."""
    return LetterView.whole(await queries.letter_of(session, administrator, letter_id))


@router.post("/letters/{letter_id}/acknowledgement")
async def acknowledge(
    administrator: Administrator, session: Session, letter_id: UUID, body: Acknowledgement
) -> LetterView:  # fmt: skip
    """Take down that the addressee has received the letter: under which number, and on which day."""
    found = await commands.acknowledge_letter(session, administrator, letter_id, body.reference, body.received_on)
    return LetterView.whole(found)
