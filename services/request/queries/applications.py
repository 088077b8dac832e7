"""Reads of applications: the owner's view, the claim of other services, what a submission must know."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.app import Kit
from kit.auth import Principal
from kit.clients import PeerRefused, PeerUnavailable
from kit.contracts.claims import ApplicationClaim
from kit.contracts.definition import RequestStep, Section
from kit.contracts.journey import Process
from kit.errors import FieldError, NotFound
from services.request.domain import (
    NO_FORM,
    DefinitionSuperseded,
    Form,
    State,
    form_of,
)
from services.request.models import Application
from services.request.schemas import ApplicationView, DraftWarning


async def of_journey(session: AsyncSession, journey: UUID, *, lock: bool = False) -> Application:
    """The application of a journey, locked until the transaction ends when asked; NotFound."""
    found = await find(session, journey, lock=lock)
    if found is None:
        raise NotFound()
    return found


async def find(session: AsyncSession, journey: UUID, *, lock: bool = False) -> Application | None:
    """The same, or None."""
    query = select(Application).where(Application.journey_id == journey)
    if lock:
        # Read anew under the lock, though the session may have read it before.
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).first()


async def of_journeys(session: AsyncSession, journeys: Sequence[UUID]) -> Sequence[Application]:
    """The applications of several journeys, locked in one order until the transaction ends; NotFound for an unknown."""
    query = select(Application).where(col(Application.journey_id).in_(journeys)).order_by(col(Application.id))
    found = (await session.exec(query.with_for_update())).all()
    if len(found) < len(set(journeys)):
        raise NotFound()
    return found


async def owned(session: AsyncSession, principal: Principal, journey: UUID, *, lock: bool = False) -> Application:
    """The same for its applicant; a foreign application is NotFound, so that nobody learns of it."""
    application = await of_journey(session, journey, lock=lock)
    if not _owns(principal, application):
        raise NotFound()
    return application


def _owns(principal: Principal, application: Application) -> bool:
    if principal.kind == "holder":
        return application.person is None and principal.subject == str(application.journey_id)
    return principal.kind == "citizen" and principal.subject == str(application.person)


def form_for(section: Section, step: str) -> Form:
    """The compiled form of the request step; of a definition without one, the form that asks nothing."""
    settings: RequestStep = section.settings(step)
    return form_of(section.files[settings.form] if settings.form else NO_FORM)


async def require_current(kit: Kit, definition: str) -> None:
    """Ask the gateway whether a newer version is in force: DefinitionSuperseded with the differences.

    PeerUnavailable while the gateway cannot tell: submission pins the version, so it must be known.
    """
    identifier, _, version = definition.partition("@")
    try:
        answer = await kit.peers.get("gateway", f"/internal/definitions/{identifier}/{version}/currency")
    except PeerRefused as refused:
        raise PeerUnavailable() from refused
    if answer["latest"] > int(version):
        latest = f"{identifier}@{answer['latest']}"
        raise DefinitionSuperseded(latest=latest, differences=answer["differences"])


def view(application: Application, section: Section) -> ApplicationView:
    """What the applicant sees; a draft with what is still missing or wrong."""
    state = State(application.state)
    faults: list[FieldError] = []
    if state is State.DRAFT:
        _, faults = form_for(section, application.step).read(application.form)
    return ApplicationView(
        **application.model_dump(include=set(ApplicationView.model_fields)),
        title=section.title,
        submitted_at=application.entered_system_at,
        warnings=[DraftWarning(pointer=each.pointer, code=each.code, detail=each.detail) for each in faults],
    )


async def claims(session: AsyncSession, journeys: Sequence[UUID]) -> Mapping[UUID, ApplicationClaim]:
    """The filed applications of journeys; drafts are nobody's business yet."""
    query = select(Application).where(col(Application.journey_id).in_(journeys), col(Application.number).is_not(None))
    return {each.journey_id: _claim(each) for each in (await session.exec(query)).all()}


def _claim(application: Application) -> ApplicationClaim:
    fields: dict[str, Any] = application.model_dump(
        include={"number", "definition", "agency", "person", "email", "language", "legally_received_at"}
    )
    return ApplicationClaim(
        **fields,
        journey=application.journey_id,
        application=application.id,
        form=application.filed_form or {},
        submitted_at=application.entered_system_at,
        is_open=State(application.state).is_open,
    )


def claim_for(caller: str, claim: BaseModel) -> BaseModel:
    """What a caller needs of a claim: the address is delivery's alone, the form everybody else's (PDPA s.22)."""
    is_delivery = caller == Process.DELIVERY
    return claim.model_copy(update={"form": {}} if is_delivery else {"email": None})
