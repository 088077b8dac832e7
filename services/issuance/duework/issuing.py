"""From a requested document to a sealed one, in phases that each may be repeated.

1. the point of no return: request seals the application, or nothing is issued;
2. transaction 1: the number, the days and the token;
3. compose and seal, store under a name that is written once;
4. transaction 2: the register, and the hand-over.

A process that dies between two phases leaves the row as the last one wrote it, and the work goes on from there: the
first file that was stored is the document, whoever composed another one.
"""

import hashlib
from typing import Any
from uuid import UUID

from kit import crashpoint
from kit.app import Kit
from kit.clients import PeerRefused
from kit.contracts.definition import IssuanceStep, Section
from kit.documents import Seal, SealError, TemplateError, TemplateLimitError, UnprintableError
from kit.documents.seals import Seals
from kit.retry import is_passing
from kit.storage import Files
from kit.telemetry import log
from services.issuance import commands, domain, queries
from services.issuance.commands import StoredFile
from services.issuance.domain import Basis, FormSchema, NotGranted, State, Tokens
from services.issuance.duework import composing
from services.issuance.models import Document

WITHDRAWN = "application-withdrawn"
SEALED = "application sealed, no number given yet"
NUMBERED = "number given, no document yet"
STORED = "document stored, not yet registered"
FOR_GOOD = (TemplateError, SealError, PeerRefused, NotGranted)
"""What trying again does not mend: an operator has to look first."""


async def issue(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """Issue the document of ``<document id>:<attempt>``; doing it again changes nothing."""
    document_id = UUID(key.partition(":")[0])
    try:
        await _issue(kit, document_id)
    except FOR_GOOD as error:
        if is_passing(error):
            raise
        reason = reason_of(error)
        log.error("document cannot be made", document=str(document_id), reason=reason)
        async with kit.database.transaction() as session:
            await commands.fail(session, document_id, reason, str(error))


def reason_of(error: Exception) -> str:
    """The code under which a failure is known."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (TemplateLimitError, "template-limit"),
        (UnprintableError, "unprintable-character"),
        (TemplateError, "template-error"),
        (SealError, "seal-error"),
        (NotGranted, "not-granted"),
    )
    return next((code for kind, code in kinds if isinstance(error, kind)), "refused-by-peer")


async def _issue(kit: Kit, document_id: UUID) -> None:
    async with kit.database.transaction() as session:
        document = await queries.document(session, document_id)
    if document.state not in (State.REQUESTED, State.ISSUING):
        return
    if document.state == State.REQUESTED and not await _passes_the_point_of_no_return(kit, document):
        return
    crashpoint.reach(SEALED)
    section = await kit.section(document.definition)
    # Asked before a number is given, so that a number is not lost to what was missing all along.
    seal = await kit.resource(Seals).of(document.agency, section.agency_name)
    basis = await composing.basis_of(kit, document, section)
    settings: IssuanceStep = section.settings(document.step)
    async with kit.database.transaction() as session:
        document = await commands.give_number(session, document.id, settings, kit.resource(Tokens).new())
    crashpoint.reach(NUMBERED)
    if document.state == State.ISSUING:
        await _make(kit, document, section, basis, seal)


async def _passes_the_point_of_no_return(kit: Kit, document: Document) -> bool:
    try:
        await kit.peers.post("request", f"/internal/journeys/{document.journey_id}/seal")
    except PeerRefused as refused:
        if refused.code != WITHDRAWN:
            raise
        async with kit.database.transaction() as session:
            await commands.stop(session, document.id, "withdrawn")
        return False
    return True


async def _make(kit: Kit, document: Document, section: Section, basis: Basis, seal: Seal) -> None:
    settings: IssuanceStep = section.settings(document.step)
    stored_as = domain.storage_name(document.agency, document.id, document.number)
    pdf = await _stored(kit, stored_as)
    if pdf is None:
        await kit.resource(Files).put(stored_as, await composing.sealed(kit, document, section, basis, seal))
        pdf = await kit.resource(Files).get(stored_as)
    crashpoint.reach(STORED)
    file = StoredFile(composing.file_name_of(document, settings), stored_as, hashlib.sha256(pdf).hexdigest())
    public = domain.public_fields(settings.public_fields, FormSchema(section.form), basis.application.form)
    async with kit.database.transaction() as session:
        await commands.register(session, document, file, public)


async def _stored(kit: Kit, name: str) -> bytes | None:
    try:
        return await kit.resource(Files).get(name)
    except FileNotFoundError:
        return None
