"""Reads of applications: the owner's view, the claim of other services, what a submission must know."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.app import Kit
from kit.auth import Principal
from kit.clients import PeerRefused, PeerUnavailable
from kit.contracts.claims import ApplicationClaim
from kit.contracts.definition import RequestStep, Section
from kit.contracts.journey import Process
from kit.errors import FieldError, NotFound
from kit.rows import fetch
from services.request.domain import (
    NO_FORM,
    DefinitionSuperseded,
    Form,
    State,
    form_of,
)
from services.request.models import METADATA, Application
from services.request.schemas import ApplicationView, DraftWarning

READ = f"SELECT {', '.join(METADATA.tables['application'].columns.keys())} FROM application"  # noqa: S608 - ours
ONE = f"{READ} WHERE journey_id = $1"
LOCKED = f"{ONE} FOR UPDATE"
ALL_LOCKED = f"{READ} WHERE journey_id = ANY($1) ORDER BY id FOR UPDATE"
FILED = """
    SELECT journey_id, id, number, definition, agency, person, filed_form, email, phone, line_user, postal_address,
        language, entered_system_at, legally_received_at, state
    FROM application WHERE journey_id = ANY($1) AND number IS NOT NULL
"""

ADDRESSES = ("email", "phone", "line_user", "postal_address")


async def of_journey(session: AsyncSession, journey: UUID, *, lock: bool = False) -> Application:
    """The application of a journey, locked until the transaction ends when asked; NotFound.

    It is a copy: a change of it is written by whoever makes it (`commands`).
    """
    found = await fetch(session, LOCKED if lock else ONE, journey)
    if not found:
        raise NotFound()
    return Application(**found[0])


async def of_journeys(session: AsyncSession, journeys: Sequence[UUID]) -> Sequence[Application]:
    """The applications of several journeys, locked in one order until the transaction ends; NotFound for an unknown."""
    found = await fetch(session, ALL_LOCKED, journeys)
    if len(found) < len(set(journeys)):
        raise NotFound()
    return [Application(**each) for each in found]


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
    return {row["journey_id"]: _claim(row) for row in await fetch(session, FILED, journeys)}


def _claim(row: asyncpg.Record) -> ApplicationClaim:
    return ApplicationClaim(
        journey=row["journey_id"],
        application=row["id"],
        number=row["number"],
        definition=row["definition"],
        agency=row["agency"],
        person=row["person"],
        form=row["filed_form"] or {},
        email=row["email"],
        phone=row["phone"],
        line_user=row["line_user"],
        postal_address=row["postal_address"],
        language=row["language"],
        submitted_at=row["entered_system_at"],
        legally_received_at=row["legally_received_at"],
        is_open=State(row["state"]).is_open,
    )


def claim_for(caller: str, claim: BaseModel) -> BaseModel:
    """What a caller needs of a claim: the addresses are delivery's alone, the form everybody else's (PDPA s.22)."""
    is_delivery = caller == Process.DELIVERY
    return claim.model_copy(update={"form": {}} if is_delivery else dict.fromkeys(ADDRESSES))
