"""From a requested document to a sealed one, in phases that each may be repeated.

1. the point of no return: request seals the application, or nothing is issued;
2. transaction 1: the number, the days and the token;
3. compose and seal, store under a name that is written once;
4. transaction 2: the register, and the hand-over.

A process that dies between two phases leaves the row as the last one wrote it, and the work goes on from there: the
first file that was stored is the document, whoever composed another one.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, cast
from uuid import UUID

from kit import crashpoint
from kit.app import Kit
from kit.clients import PeerRefused
from kit.contracts.definition import IssuanceStep, Section
from kit.documents import Seal, SealError, TemplateError, TemplateLimitError, UnprintableError
from kit.documents.seals import Seals
from kit.duework import Work
from kit.retry import is_passing
from kit.storage import Files
from kit.telemetry import log
from services.issuance import commands, domain, queries
from services.issuance.commands import StoredFile, Wanted
from services.issuance.domain import Basis, FormSchema, Kind, NotGranted, OriginalUnreadable, State, Tokens
from services.issuance.duework import composing
from services.issuance.models import Document
from services.issuance.settings import Settings

BEGUN = (State.REQUESTED, State.ISSUING)
Made = tuple[Document, Section, Basis, Seal]
"""A numbered document with all that its file is made of."""
SEALED = "application sealed, no number given yet"
NUMBERED = "number given, no document yet"
STORED = "document stored, not yet registered"
FOR_GOOD = (TemplateError, SealError, PeerRefused, NotGranted, OriginalUnreadable)
"""What trying again does not mend: an operator has to look first."""


async def issue_all(kit: Kit, works: Sequence[Work]) -> Iterable[str]:
    """Issue several documents together: each owner is asked once, each transaction serves them all."""
    await _issue(kit, [document_of(key) for key, _ in works])
    return ()


async def issue(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """Issue the document of ``<document id>:<attempt>``; doing it again changes nothing."""
    document_id = document_of(key)
    await or_fail(kit, document_id, _issue(kit, [document_id]))


async def or_fail(kit: Kit, document_id: UUID, making: Awaitable[None]) -> None:
    """Make a document; what trying again does not mend is taken down, and an operator looks at it."""
    try:
        await making
    except FOR_GOOD as error:
        if is_passing(error):
            raise
        reason = reason_of(error)
        log.error("document cannot be made", document=str(document_id), reason=reason)
        async with kit.database.transaction() as session:
            await commands.fail(session, document_id, reason, str(error))


def document_of(key: str) -> UUID:
    """The document that work under this key is about."""
    return UUID(key.partition(":")[0])


def reason_of(error: Exception) -> str:
    """The code under which a failure is known."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (TemplateLimitError, "template-limit"),
        (UnprintableError, "unprintable-character"),
        (TemplateError, "template-error"),
        (SealError, "seal-error"),
        (NotGranted, "not-granted"),
        (OriginalUnreadable, "original-unreadable"),
    )
    return next((code for kind, code in kinds if isinstance(error, kind)), "refused-by-peer")


async def _issue(kit: Kit, ids: Sequence[UUID]) -> None:
    kit.resource(Seals).check()  # before anybody is asked: while no seal can be put on, what waits costs nothing
    async with kit.database.reading() as session:
        found = await queries.documents(session, ids)
    documents = await _past_the_point_of_no_return(kit, [each for each in found if _is_first(each)])
    crashpoint.reach(SEALED)
    if not documents:
        return
    sections = await kit.sections([each.definition for each in documents])
    # Asked before a number is given, so that a number is not lost to what was missing all along.
    seals = {each.agency: await seal_of(kit, sections[each.definition]) for each in documents}
    bases = await composing.bases_of(kit, documents, sections)
    wanted = {each.id: _wanted(kit, each.settings(sections[each.definition])) for each in documents}
    async with kit.database.transaction() as session:
        numbered = await commands.give_numbers(session, wanted)
    crashpoint.reach(NUMBERED)
    made = [each for each in numbered if each.state == State.ISSUING]
    if made:
        await _make(kit, [(each, sections[each.definition], bases[each.id], seals[each.agency]) for each in made])


def _is_first(document: Document) -> bool:
    """What takes the place of another is not issued here, whatever due work a release before has left."""
    return document.state in BEGUN and document.kind == Kind.FIRST


def _wanted(kit: Kit, settings: IssuanceStep) -> Wanted:
    return Wanted(settings.validity.months, kit.resource(Tokens).new())


async def seal_of(kit: Kit, section: Section) -> Seal:
    """The seal of the agency whose definition this is."""
    return await kit.resource(Seals).of(section.agency, section.agency_name)


async def _past_the_point_of_no_return(kit: Kit, documents: Sequence[Document]) -> list[Document]:
    """Have request seal the applications; those whose application was withdrawn are stopped and left out."""
    asked = [each.journey_id for each in documents if each.state == State.REQUESTED]
    if not asked:
        return list(documents)
    answer = await kit.peers.post("request", "/internal/seals", json={"ids": [str(each) for each in asked]})
    withdrawn = {UUID(each) for each in answer["withdrawn"]}
    if stopped := [each for each in documents if _is_stopped(each, withdrawn)]:
        async with kit.database.transaction() as session:
            for document in stopped:
                await commands.stop(session, document.id, "withdrawn")
    return [each for each in documents if not _is_stopped(each, withdrawn)]


def _is_stopped(document: Document, withdrawn: set[UUID]) -> bool:
    return document.state == State.REQUESTED and document.journey_id in withdrawn


async def _make(kit: Kit, numbered: Sequence[Made]) -> None:
    """Compose and seal the files, then put them on the register."""
    files = await asyncio.gather(*(_file(kit, *each) for each in numbered), return_exceptions=True)
    crashpoint.reach(STORED)
    if broken := [each for each in files if isinstance(each, BaseException)]:
        raise broken[0]
    stored = [(each[0], file) for each, file in zip(numbered, cast("list[StoredFile]", files), strict=True)]
    async with kit.database.transaction() as session:
        await commands.register(session, stored, cast(Settings, kit.settings).archive_after)


async def _file(kit: Kit, document: Document, section: Section, basis: Basis, seal: Seal) -> StoredFile:
    """The document's file, composed unless it is stored already."""
    settings = document.settings(section)
    public = domain.public_fields(settings.public_fields, FormSchema(section.form), basis.application.form)
    return await stored_file(
        kit, document, settings, public, lambda: composing.sealed(kit, document, section, basis, seal)
    )


async def stored_file(
    kit: Kit, document: Document, settings: IssuanceStep, public: Sequence[dict[str, Any]],
    compose: Callable[[], Awaitable[bytes]],
) -> StoredFile:  # fmt: skip
    """Store a document's file; the first that was stored is the document, whoever composed another one."""
    stored_as = domain.storage_name(document.agency, document.id, document.number)
    pdf = await kit.resource(Files).once(stored_as, compose)
    return StoredFile(
        name=composing.file_name_of(document, settings),
        stored_as=stored_as,
        sha256=hashlib.sha256(pdf).hexdigest(),
        document_type=settings.document_type,
        public=public,
        leads=settings.reminders,
    )
