"""The words of notices: an agency's administrators, and the platform's for all, read and change them."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Path as PathParameter
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal, allow
from kit.clock import clock
from kit.database import Reading, Session
from services.delivery import commands, domain, queries
from services.delivery.schemas import (
    NewTemplate,
    Preview,
    TemplateHistory,
    TemplateView,
    TemplateWords,
    Withdrawal,
    history_of,
)

router = APIRouter(tags=["notice templates"])

Administrator = Annotated[Principal, Depends(allow("officer:administrator"))]
KindCode = Annotated[str, PathParameter(max_length=40)]


@router.get("/notice-templates")
async def templates(administrator: Administrator, session: Reading) -> list[TemplateView]:
    """Every kind of notice with the words that the officer's agency uses now."""
    agency = str(administrator.agency)
    used = await queries.templates_in_force(session, [agency], domain.KINDS, clock.now())
    last = await queries.latest_templates(session, agency)
    return [TemplateView.of(kind, used.get((agency, kind)), last.get(kind)) for kind in domain.KINDS]


@router.get("/notice-templates/{kind}")
async def template(administrator: Administrator, session: Reading, kind: KindCode) -> TemplateHistory:
    """One kind with every version of the agency and of the platform."""
    return await _history(session, str(administrator.agency), kind)


@router.post("/notice-templates/{kind}/versions", status_code=201)
async def save(administrator: Administrator, session: Session, kind: KindCode, body: NewTemplate) -> TemplateHistory:
    """Save a new version; 409 when somebody saved one since ``based_on``, 422 naming each field that is wrong."""
    await commands.save_template(session, administrator, kind, body.wording(), body.based_on, body.valid_from)
    return await _history(session, str(administrator.agency), kind)


@router.post("/notice-templates/{kind}/withdrawal", status_code=201)
async def withdraw(administrator: Administrator, session: Session, kind: KindCode, body: Withdrawal) -> TemplateHistory:
    """Take the agency's words back: the platform's count again, or the shipped ones."""
    await commands.withdraw_template(session, administrator, kind, body.based_on)
    return await _history(session, str(administrator.agency), kind)


@router.post("/notice-templates/{kind}/preview")
async def preview(administrator: Administrator, kind: KindCode, body: TemplateWords) -> Preview:
    """Show how words would read, with sample values; nothing is kept."""
    del administrator
    subject, text = domain.preview(domain.kind_of(kind), body.wording())
    return Preview(subject=subject, body=text)


async def _history(session: AsyncSession, agency: str, kind: str) -> TemplateHistory:
    domain.kind_of(kind)
    used = await queries.templates_in_force(session, [agency], [kind], clock.now())
    last = await queries.latest_template(session, agency, kind)
    versions = await queries.template_versions(session, agency, kind)
    return history_of(kind, used.get((agency, kind)), last, list(versions))
