"""A registered letter leaves for the mailbox of the other agency, with the document and its XML."""

import hashlib
from contextlib import suppress
from typing import Any, cast
from uuid import UUID

from kit import crashpoint
from kit.app import Kit
from kit.clients import PeerUnavailable
from kit.clock import local_date
from kit.contracts.journey import Process
from kit.duework import WorkFunction
from kit.telemetry import log
from services.delivery import commands, domain, queries
from services.delivery.channels.saraban import Carried, Mailbox, RefusedByMailbox
from services.delivery.domain import Enclosure, File, LetterState, LetterWords, Parcel, Secrecy, Urgency
from services.delivery.models import Letter
from services.delivery.settings import Settings

ANSWERED = "the mailbox has answered, nothing is written down"


class NeverSent(Exception):
    """The letter cannot leave, now or later; the text is a code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


ENCLOSURE_CHANGED = "enclosure-changed"
"""The document is not the one that was registered with the letter."""
DOCUMENT_GONE = "document-gone"
NO_OWN_MAILBOX = "no-own-mailbox"
"""The sender is no longer in the address book."""
GONE = (404, 410)


async def send_letter(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """Send one letter; repeated after a lost answer it is the same mail to the byte, under the same Message-ID."""
    async with kit.database.reading() as session:
        letter = await queries.letter_to_send(session, UUID(key))
    if letter is None:
        return
    try:
        state, carried = LetterState.SENT, await kit.resource(Mailbox).carry(await _parcel(kit, letter))
    except RefusedByMailbox as refusal:
        state, carried = LetterState.REFUSED, refusal.carried
    except NeverSent as never:
        state, carried = LetterState.REFUSED, Carried(None, None, never.code)
    crashpoint.reach(ANSWERED)
    await _settle(kit, letter, state, carried)


async def _settle(kit: Kit, letter: Letter, state: LetterState, carried: Carried) -> None:
    async with kit.database.transaction() as session:
        await commands.settle_letter(
            session, letter.id, state, carried.message_id, carried.sha256, carried.reply
        )  # fmt: skip


async def _parcel(kit: Kit, letter: Letter) -> Parcel:
    book = cast(Settings, kit.settings).saraban_book
    if (sender := book.get(letter.agency)) is None:
        raise NeverSent(NO_OWN_MAILBOX)
    addressee = book.get(letter.to_agency)
    enclosure = None if letter.enclosure is None else Enclosure(**letter.enclosure)
    words = LetterWords(
        number=letter.number, written_on=local_date(letter.registered_at), sender=sender.name.th,
        addressee=addressee.name.th if addressee else letter.to_agency, subject=letter.subject,
        salutation=letter.salutation, reference=letter.reference, body=letter.body, signer=letter.signer,
        position=letter.position, urgency=Urgency(letter.urgency), secrecy=Secrecy(letter.secrecy),
        enclosure=enclosure,
    )  # fmt: skip
    xml = File(domain.LETTER_FILE_NAME, "application/xml", domain.letter_xml(words, letter.agency, letter.to_agency))
    return Parcel(
        id=letter.id, sender=sender.mailbox, sender_name=sender.name.th, to=letter.mailbox,
        subject=f"ที่ {letter.number} เรื่อง {letter.subject}", text=domain.letter_text(words),
        written_at=letter.registered_at, is_urgent=words.urgency is not Urgency.NORMAL,
        files=(xml, *(await _enclosed(kit, enclosure) if enclosure else ())),
    )  # fmt: skip


async def _enclosed(kit: Kit, enclosure: Enclosure) -> tuple[File, File]:
    """The document and its data, as issuance has them; NeverSent."""
    pdf, xml = [await _file(kit, f"/internal/documents/{enclosure.document}/{part}") for part in ("pdf", "xml")]
    if hashlib.sha256(pdf).hexdigest() != enclosure.sha256:
        raise NeverSent(ENCLOSURE_CHANGED)
    name = enclosure.file_name
    return File(name, "application/pdf", pdf), File(f"{name.removesuffix('.pdf')}.xml", "application/xml", xml)


async def _file(kit: Kit, path: str) -> bytes:
    answer = await kit.peers.request(Process.ISSUANCE, "GET", path)
    if answer.status in GONE:
        raise NeverSent(DOCUMENT_GONE)
    if answer.status >= 400:  # a refusal is trouble between the two services, and says nothing of the document
        raise PeerUnavailable(retry_after=2)
    return answer.content


async def copy_delay(kit: Kit, key: str, told: dict[str, Any]) -> None:
    """Write a copy of a notice of a delay to whom the settings name; to nobody where a mailbox is missing."""
    settings = cast(Settings, kit.settings)
    book, agency = settings.saraban_book, told["agency"]
    copies = settings.delay_copies.get(agency)
    if copies is None:
        return
    if missing := sorted({agency, copies.to} - book.keys()):
        log.warning("no copy of a delay: not in the saraban book", agencies=missing)
        return
    letter, again = commands.copy_of_delay(copies, told), f"{commands.COPY}:{key}"
    async with kit.database.transaction() as session:
        with suppress(domain.LetterKeyUsed):  # written before the settings changed, and not noted as done
            await commands.register_letter(session, agency, None, letter, again, book, settings.letter_number, None)


WORK: dict[str, WorkFunction] = {commands.LETTER_WORK: send_letter, commands.COPY: copy_delay}
