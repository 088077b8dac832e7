"""One document: what the other services say of it, its PDF with the XML inside, the agency's seal."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from kit.app import Kit
from kit.claims import APPLICATION, CASE, DECISION, PERSON, RECEIPTS
from kit.clock import clock
from kit.contracts.definition import IssuanceStep, Section
from kit.contracts.journey import Process
from kit.documents import Composer, DocumentProperties, Reference, Seal, qr_svg
from kit.documents.overlaying import laid_over
from services.issuance import domain
from services.issuance.domain import Basis, Decision, Registered
from services.issuance.models import Document


async def bases_of(kit: Kit, documents: Sequence[Document], sections: Mapping[str, Section]) -> dict[UUID, Basis]:
    """Ask the owners, each once, by document: application, person, the decision, receipts of what was paid before.

    Missing while an owner does not know a journey yet; NotGranted when a decision is a refusal.
    """
    before = {each.id: domain.before(sections[each.definition], each.plan_step) for each in documents}

    def journeys(process: Process, *, after: bool = True) -> list[UUID]:
        return sorted({each.journey_id for each in documents if (process in before[each.id]) is after})

    applications = await APPLICATION.ask(kit, sorted({each.journey_id for each in documents}))
    persons = await PERSON.ask(kit, sorted({each.person for each in applications.values() if each.person}))
    decisions = await DECISION.ask(kit, journeys(Process.APPROVAL))
    cases = await CASE.ask(kit, journeys(Process.APPROVAL, after=False))
    receipts = await RECEIPTS.ask(kit, journeys(Process.PAYMENT))
    found = {}
    for each in documents:
        journey = each.journey_id
        application = applications[journey]
        decision = (
            Decision.of_approval(decisions[journey]) if journey in decisions else Decision.of_review(cases[journey])
        )
        paid = tuple(receipts[journey].receipts) if journey in receipts else ()
        person = persons[application.person] if application.person else None
        found[each.id] = Basis(application, person, decision, paid)
    return found


def verify_url(public_url: str, token: str) -> str:
    """The public page of a document: what its QR code says."""
    return f"{public_url.rstrip('/')}/verify/{token}"


def file_name_of(document: Document, settings: IssuanceStep) -> str:
    """The name of the file outside: ASCII, nothing personal in it."""
    return domain.file_name(
        agency=document.agency,
        definition=document.definition,
        application=document.application_number,
        document_type=settings.document_type,
        issued_on=document.made_on,
        version=document.place + 1,
    )


async def sealed(kit: Kit, document: Document, section: Section, basis: Basis, seal: Seal) -> bytes:
    """The sealed PDF/A-3 of a numbered document. TemplateError and its kinds, SealError."""
    settings = document.settings(section)
    entry, template = entry_of(kit, document, settings), section.files[settings.template]
    data = domain.data_of(section, settings, template, entry, basis)
    refers_to = Reference(f"urn:uuid:{basis.decision.id}", basis.decision.digest)
    return await sealed_with(kit, document, section, template, data, seal, refers_to)


async def sealed_with(
    kit: Kit, document: Document, section: Section, template: str, data: dict[str, Any], seal: Seal,
    refers_to: Reference, over: str | None = None,
) -> bytes:  # fmt: skip
    """The sealed PDF/A-3 of a numbered document with this data in that template; the same problems.

    ``over`` is Typst of what is laid over the top left of every page, whatever the template does.
    """
    settings = document.settings(section)
    entry = entry_of(kit, document, settings)
    assert document.numbered_at is not None  # noqa: S101 - as above
    pdf = await kit.resource(Composer).compose_async(
        template,
        data,
        attachment_xml=domain.xml_of(data),
        attachment_name=domain.XML_FILE_NAME,
        title=f"{settings.title.th} {entry.number}",
        author=section.agency_name.th,
        timestamp=document.numbered_at,
        images={"qr.svg": qr_svg(entry.verify_url)},
        properties=DocumentProperties(
            file_name=file_name_of(document, settings),
            version=str(entry.version),
            reference_id=entry.number,
            oid=entry.oid,
        ),
    )
    if over is not None:
        stamp = await kit.resource(Composer).compose_async(
            over, {}, attachment_xml=b"<x/>", title="", author="", timestamp=document.numbered_at
        )
        pdf = await asyncio.to_thread(laid_over, pdf, stamp, corner=True)
    # What the seal says: why, and by its id and digest the decision it rests on.
    reason = f"ออก{settings.title.th} เลขที่ {entry.number} ตามคำสั่ง"
    return await seal.seal_async(pdf, at=clock.now(), reason=reason, refers_to=refers_to)


def entry_of(kit: Kit, document: Document, settings: IssuanceStep) -> Registered:
    """What the register has given a numbered document."""
    assert document.issued_on is not None  # noqa: S101 - as above
    assert document.token is not None  # noqa: S101 - as above
    return Registered(
        number=document.number,
        uuid=document.id,
        oid=domain.oid_of(settings.oid, document.agency, settings.document_type),
        issued_on=document.issued_on,
        valid_until=document.valid_until,
        verify_url=verify_url(kit.settings.public_url, document.token),
        version=document.edition + 1,
    )
