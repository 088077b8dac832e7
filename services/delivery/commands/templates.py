"""Templates are saved as new versions, and taken back by one without words: nothing is ever changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.clock import clock
from kit.rows import put
from services.delivery import domain, queries
from services.delivery.domain import Wording
from services.delivery.models import Template


async def save_template(
    session: AsyncSession, officer: Principal, kind: str, wording: Wording, based_on: int, valid_from: datetime | None
) -> int:
    """Save words for the officer's agency as the version after ``based_on``, from now or a later time on.

    The same author's repeat changes nothing. KindUnknown, TemplateFaulty, TemplateChanged.
    """
    domain.check(domain.kind_of(kind), wording)
    return await _add(session, officer, kind, wording, based_on, valid_from)


async def withdraw_template(session: AsyncSession, officer: Principal, kind: str, based_on: int) -> int:
    """Take the agency's words back: the platform's count again, or the shipped ones.

    KindUnknown, TemplateChanged, NothingToWithdraw.
    """
    domain.kind_of(kind)
    return await _add(session, officer, kind, None, based_on, None)


async def _add(
    session: AsyncSession, officer: Principal, kind: str, wording: Wording | None, based_on: int, at: datetime | None
) -> int:
    agency, now = str(officer.agency), clock.now()
    last = await queries.latest_template(session, agency, kind)
    if wording is None and (last is None or last.wording is None):
        raise domain.NothingToWithdraw
    if based_on > (last.version if last else 0):
        raise domain.TemplateChanged
    row = Template(
        agency=agency, kind=kind, version=based_on + 1, author=UUID(officer.subject), created_at=now,
        valid_from=max(at or now, now), **_words(wording),
    )  # fmt: skip
    if not await put(session, row) and not await _is_repeat(session, row, wording):
        raise domain.TemplateChanged
    return row.version


def _words(wording: Wording | None) -> dict[str, Any]:
    if wording is None:
        return {}
    subject, body = wording.subject, wording.body
    return {"subject_th": subject.th, "subject_en": subject.en, "body_th": body.th, "body_en": body.en}


async def _is_repeat(session: AsyncSession, row: Template, wording: Wording | None) -> bool:
    """Whether the version that stands is the same words of the same author, and the last."""
    stands = await queries.latest_template(session, row.agency, row.kind)
    wanted = (row.version, row.author, wording)
    return stands is not None and (stands.version, stands.author, stands.wording) == wanted
