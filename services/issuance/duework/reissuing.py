"""A document in the place of another, in the phases of a first one, each of which may be repeated.

1. the document before and the act it rests on are read, its data taken out of its sealed file;
2. transaction 1: number, days and token, unless the one before may be followed no more;
3. compose and seal, store under a name that is written once;
4. transaction 2: the register, and the one before is replaced.
"""

import json
from typing import Any, cast

from kit import crashpoint
from kit.app import Kit
from kit.contracts.definition import Section
from kit.documents import Reference, Seal
from kit.documents.attachments import attachment_of_async
from kit.documents.seals import Seals
from services.issuance import commands, domain, queries
from services.issuance.domain import Kind, OriginalUnreadable, Tokens
from services.issuance.duework import composing, issuing
from services.issuance.duework.stored import registered_file
from services.issuance.models import Document, DocumentAct
from services.issuance.settings import Settings


async def reissue(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """Make the document of ``<document id>:<attempt>`` in the place of another; doing it again changes nothing."""
    document_id = issuing.document_of(key)
    async with kit.database.reading() as session:
        document, before, act = await queries.succession(session, document_id)
    if document.state in issuing.BEGUN:
        await issuing.or_fail(kit, document_id, _reissue(kit, document, before, act))


async def _reissue(kit: Kit, document: Document, before: Document, act: DocumentAct) -> None:
    kit.resource(Seals).check()  # while no seal can be put on, what waits costs neither work nor a number
    section = await kit.section(document.definition)
    settings = document.settings(section)
    # Asked before a number is given, so that a number is not lost to what was missing all along.
    seal = await issuing.seal_of(kit, section)
    xml = await original_of(kit, before)
    corrections = await _corrections_of(kit, act) if document.kind == Kind.AMENDED else {}
    token = kit.resource(Tokens).new()
    async with kit.database.transaction() as session:
        numbered = await commands.number_successor(session, document.id, token, settings.validity.months)
    crashpoint.reach(issuing.NUMBERED)
    if numbered is None:
        return
    before, document = numbered
    public = domain.corrected_public(before.public, corrections, section, settings) if corrections else before.public
    file = await issuing.stored_file(
        kit, document, settings, public,
        lambda: sealed_again(kit, document, before, section, xml, corrections, seal, act),
    )  # fmt: skip
    crashpoint.reach(issuing.STORED)
    async with kit.database.transaction() as session:
        await commands.replace(session, document.id, file, cast(Settings, kit.settings).archive_after)


async def sealed_again(
    kit: Kit, document: Document, before: Document, section: Section, xml: bytes, corrections: dict[str, Any],
    seal: Seal, act: DocumentAct,
) -> bytes:  # fmt: skip
    """The sealed PDF/A-3 of a numbered document that takes the place of another.

    A substitute has its stamp, and what is amended after it keeps it.
    """
    settings = document.settings(section)
    entry, kind = composing.entry_of(kit, document, settings), Kind(document.kind)
    data = domain.data_again(xml, section, settings, entry, before.number, document.made_on, kind, corrections)
    template = section.files[settings.template]
    async with kit.database.reading() as session:
        stamped_on = await queries.substituted_on(session, document)
    over = domain.stamp_of(stamped_on) if stamped_on is not None else None
    refers_to = Reference(f"urn:uuid:{act.id}", act.digest)
    return await composing.sealed_with(kit, document, section, template, data, seal, refers_to, over)


async def original_of(kit: Kit, before: Document) -> bytes:
    """The data inside the file of a document that was issued. OriginalUnreadable when it is not what was registered."""
    pdf = await registered_file(kit, str(before.stored_as), str(before.sha256))
    xml = await attachment_of_async(pdf, domain.XML_FILE_NAME)
    if xml is None:
        raise OriginalUnreadable("the file has no data in it")
    return xml


async def _corrections_of(kit: Kit, act: DocumentAct) -> dict[str, Any]:
    name = domain.corrections_name(act.agency, act.document_id, str(act.enclosed))
    found: dict[str, Any] = json.loads(await registered_file(kit, name, str(act.enclosed)))
    return found
