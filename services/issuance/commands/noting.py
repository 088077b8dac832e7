"""Acts are written down, each with the digest of the one before; what is open when a document is replaced goes on."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.clock import clock
from kit.contracts.definition import Life
from kit.contracts.text import Text
from services.issuance import domain
from services.issuance.domain import Act, Phase, Terms
from services.issuance.models import Document, DocumentAct

CARRIED = (Act.SUSPEND, Act.REVOKE)
"""What was proposed of a document goes on for the one in its place; an amendment was of what the one before said."""
REPLACED = "มีเอกสารออกแทนฉบับนี้ก่อนที่ข้อเสนอจะได้รับการพิจารณา"
GOES_ON = " ข้อเสนอจึงย้ายไปยังเอกสารฉบับใหม่"


async def open_proposal(session: AsyncSession, document: Document) -> DocumentAct | None:
    """What was proposed for the document and is neither confirmed nor rejected."""
    settled = select(DocumentAct.proposal_id).where(
        DocumentAct.document_id == document.id, col(DocumentAct.proposal_id).is_not(None)
    )
    query = select(DocumentAct).where(
        DocumentAct.document_id == document.id, DocumentAct.phase == Phase.PROPOSED, col(DocumentAct.id).not_in(settled)
    )
    return (await session.exec(query)).first()


async def carry_over(session: AsyncSession, before: Document, document: Document) -> None:
    """What is open for a document that is replaced is settled by the calendar, and proposed for the new one if it can.

    Both are locked. The same officer proposed it, and another has to confirm it as before.
    """
    proposal = await open_proposal(session, before)
    if proposal is None:
        return
    act, goes_on = Act(proposal.act), proposal.act in CARRIED
    appeal = Text(**proposal.appeal) if proposal.appeal else None
    terms = Terms(Life(), Text(**proposal.authority), appeal)
    reasons = {"considerations": REPLACED + (GOES_ON if goes_on else "")}
    await note(session, before, act, Phase.REJECTED, terms, None, reasons, proposal_id=proposal.id)
    if goes_on:
        said = {name: getattr(proposal, name) for name in domain.REASONS}
        await note(session, document, act, Phase.PROPOSED, terms, proposal.officer, said, until=proposal.until)


async def note(
    session: AsyncSession, document: Document, act: Act, phase: Phase, terms: Terms,
    officer: Principal | UUID | None, reasons: Mapping[str, str], **details: Any,
) -> DocumentAct:  # fmt: skip
    """Write down an act on a document that is locked: with authority, reasons and the digest of the one before."""
    query = select(DocumentAct).where(DocumentAct.document_id == document.id)
    before = (await session.exec(query.order_by(col(DocumentAct.place).desc()).limit(1))).first()
    is_adverse = (
        phase is Phase.REJECTED if act is Act.SUBSTITUTE else act in domain.ADVERSE and phase is not Phase.REJECTED
    )
    row = DocumentAct(
        document_id=document.id, term_id=document.term_id, agency=document.agency,
        place=before.place + 1 if before else 0, act=act, phase=phase,
        officer=UUID(officer.subject) if isinstance(officer, Principal) else officer,
        authority=terms.authority.model_dump(),
        appeal=terms.appeal.model_dump() if terms.appeal and is_adverse else None, at=clock.now(),
        previous=before.digest if before else None, digest="", **(dict(reasons) | details),
    )  # fmt: skip
    row.digest = domain.digest_of(row.previous, row.content())
    session.add(row)
    return row
