"""A certified copy: the original as it lies in the store, in a frame of what is certified of it, under the seal."""

import asyncio
import hashlib
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from kit import crashpoint
from kit.app import Kit
from kit.clock import clock
from kit.contracts.text import Text
from kit.documents import Composer, DocumentProperties
from kit.documents.copying import pages_of, with_original
from kit.documents.rewriting import with_properties
from kit.documents.seals import Seals
from kit.storage import Files
from services.issuance import commands, domain, queries
from services.issuance.commands import StoredFile
from services.issuance.domain import CopyState, Status
from services.issuance.duework.stored import registered_file
from services.issuance.models import CertifiedCopy, Document

STORED = "certified copy stored, not yet kept"
TEMPLATE = Path(__file__).parents[1] / "templates" / "copy.typ"


async def certify(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """Make the copy ``<id>`` or ``<id>:<attempt>``; the file that was stored first is it, whoever made another one."""
    async with kit.database.reading() as session:
        copy, document = await queries.copy_to_make(session, UUID(key.partition(":")[0]))
    if copy.state != CopyState.REQUESTED or document.removed_on is not None:
        return
    section = await kit.section(document.definition)
    settings = document.settings(section)
    name = domain.file_name(
        agency=document.agency, definition=document.definition, application=document.application_number,
        document_type=f"{settings.document_type}-copy", issued_on=copy.certified_on, version=copy.running,
    )  # fmt: skip
    stored_as = domain.copy_storage_name(document.agency, document.id, copy.running)
    properties = DocumentProperties(
        file_name=name,
        version=str(copy.running),
        reference_id=document.number,
        oid=domain.oid_of(settings.oid, document.agency, settings.document_type),
    )
    pdf = await kit.resource(Files).once(stored_as, lambda: _sealed(kit, copy, document, properties))
    crashpoint.reach(STORED)
    file = StoredFile(name, stored_as, hashlib.sha256(pdf).hexdigest(), domain.COPY_TYPE, ())
    async with kit.database.transaction() as session:
        await commands.keep_copy(session, copy.id, document.id, file)


async def _sealed(kit: Kit, copy: CertifiedCopy, document: Document, properties: DocumentProperties) -> bytes:
    kit.resource(Seals).check()  # before it is composed: while no seal can be put on, what waits costs nothing
    original = await registered_file(kit, copy.original_stored_as, copy.original_sha256)
    title, agency_name = Text(**document.title), Text(**document.agency_name)
    data = domain.copy_data(
        title=title, number=document.number, agency_name=agency_name, copy=copy.running, certified_on=copy.certified_on,
        status=Status(copy.status), original_sha256=copy.original_sha256,
    )  # fmt: skip
    said = f"สำเนารับรองครั้งที่ {copy.running} ของ{title.th} เลขที่ {document.number}"
    framed = await kit.resource(Composer).compose_async(
        _template(),
        data | {"pages": await asyncio.to_thread(pages_of, original)},
        attachment_xml=domain.xml_of(data),
        attachment_name=domain.COPY_XML,
        title=said,
        author=agency_name.th,
        timestamp=copy.requested_at,
    )
    pdf = await asyncio.to_thread(_with_original, framed, original, document, properties)
    seal = await kit.resource(Seals).of(document.agency, agency_name)
    return await seal.seal_async(pdf, at=clock.now(), reason=f"รับรองสำเนาถูกต้อง {said}")


def _with_original(framed: bytes, original: bytes, document: Document, properties: DocumentProperties) -> bytes:
    assert document.issued_at is not None  # noqa: S101 - only what was issued is copied
    shown = with_original(
        framed, original, name=str(document.file_name), description="ต้นฉบับอิเล็กทรอนิกส์",
        made_at=document.issued_at.astimezone(UTC), box=domain.BOX,
    )  # fmt: skip
    return with_properties(shown, properties)


@cache
def _template() -> str:
    return TEMPLATE.read_text(encoding="utf-8")
