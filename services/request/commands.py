"""What changes an application: open, save, submit, withdraw, seal, end."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import outbox
from kit.auth import Principal
from kit.calendars import calendar_of
from kit.claims import Known
from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.definition import RequestStep, Section
from kit.contracts.events import Opened, Submitted, Withdrawn
from kit.contracts.journey import Outcome
from kit.rows import put
from services.request import domain, queries
from services.request.domain import State
from services.request.models import Application, NumberSeries
from services.request.schemas import Draft, NewJourney


async def open_draft(session: AsyncSession, new: NewJourney, section: Section) -> tuple[Application, bool]:
    """Open the draft of a journey and say whether it is new; JourneyTaken when it is another's."""
    slip = section.slip()
    now = clock.now()
    row = {
        **new.model_dump(), "agency": section.agency, "step": slip.step.id, "slip": slip.model_dump(mode="json"),
        "form": {}, "opened_at": now, "saved_at": now,
    }  # fmt: skip
    application = Application(**row)
    if await put(session, application):
        await outbox.add(session, Opened(), application)
        return application, True
    standing = await queries.of_journey(session, new.journey_id)
    if (standing.definition, standing.person) != (new.definition, new.person):
        raise domain.JourneyTaken()
    return standing, False


async def save_draft(
    session: AsyncSession, principal: Principal, journey: UUID, draft: Draft, if_match: str
) -> Application:
    """Replace the draft; PreconditionFailed when it was changed since ``if_match``, NotDraft once filed."""
    application = await queries.owned(session, principal, journey, lock=True)
    domain.require_revision(application.revision, if_match)
    domain.require_draft(State(application.state))
    for name, value in draft:
        setattr(application, name, value)
    application.saved_at = clock.now()
    application.revision += 1
    return application


async def submit(
    session: AsyncSession,
    principal: Principal,
    journey: UUID,
    section: Section,
    *,
    key: str | None = None,
    if_match: str | None = None,
) -> tuple[Application, bool]:
    """File the draft and say whether this call did it; a repeat finds what the first one filed.

    Raises FormInvalid with a fault per field, PreconditionFailed, and ApplicationWithdrawn when somebody
    files anew (not: repeats the same call) what was withdrawn.
    """
    application = await queries.owned(session, principal, journey, lock=True)
    if application.number is not None:
        _require_repeat(application, key)
        return application, False
    if if_match is not None:
        domain.require_revision(application.revision, if_match)
    domain.require_draft(State(application.state))
    form, faults = queries.form_for(section, application.step).read(application.form)
    if faults:
        raise domain.FormInvalid(errors=faults)
    await _file(session, application, section, form)
    application.submission_key = key
    await outbox.hand_over(session, application, Submitted)
    return application, True


def _require_repeat(application: Application, key: str | None) -> None:
    is_same_call = key is not None and key == application.submission_key
    if application.state == State.WITHDRAWN and not is_same_call:
        raise domain.ApplicationWithdrawn()


async def _file(session: AsyncSession, application: Application, section: Section, form: dict[str, Any]) -> None:
    """Fix what submission fixes: times, number, hash of what was typed."""
    filed = domain.times_of(clock.now(), await calendar_of(session), section.periods)
    year = domain.series_year(filed.entered_system_at)
    settings: RequestStep = section.settings(application.step)
    running = await _next_number(session, application.agency, settings.number_prefix, year)
    for name, value in asdict(filed).items():
        setattr(application, name, value)
    application.number = domain.number_of(application.agency, settings.number_prefix, year, running)
    application.payload_sha256 = domain.payload_digest(
        {
            "journey": str(application.journey_id), "definition": application.definition,
            "form": application.form, "email": application.email, "language": application.language,
        }
    )  # fmt: skip
    application.filed_form = form
    application.state = State.SUBMITTED
    application.revision += 1


async def _next_number(session: AsyncSession, agency: str, prefix: str, year: int) -> int:
    """The next running number; the row stays locked until the transaction ends, so there is no gap."""
    row = insert(NumberSeries).values(agency=agency, prefix=prefix, year=year, last=1)
    statement = row.on_conflict_do_update(
        index_elements=["agency", "prefix", "year"], set_={"last": col(NumberSeries.last) + 1}
    ).returning(col(NumberSeries.last))
    return int((await session.execute(statement)).scalar_one())


async def withdraw(session: AsyncSession, principal: Principal, journey: UUID) -> Application:
    """Take the application back; ApplicationSealed after the point of no return. A repeat changes nothing."""
    application = await queries.owned(session, principal, journey, lock=True)
    state = domain.withdrawn(State(application.state))
    if state != application.state:
        _close(application, state)
        await outbox.hand_over(session, application, Withdrawn, Outcome.WITHDRAWN)
    return application


async def seal(session: AsyncSession, journeys: Sequence[UUID]) -> list[UUID]:
    """The point of no return of several applications; those that stay out of it are given back.

    Out of it stays what was withdrawn or has ended. NotFound when one is unknown, NotSubmitted for a draft: then
    none is sealed.
    """
    applications = await queries.of_journeys(session, journeys)
    withdrawn = []
    for application in applications:
        try:
            state = domain.sealed(State(application.state), is_sealed=application.sealed_at is not None)
        except domain.ApplicationWithdrawn:
            withdrawn.append(application.journey_id)
            continue
        if application.sealed_at is None:
            application.state, application.sealed_at = state, clock.now()
            application.revision += 1
    return withdrawn


async def end(session: AsyncSession, event: Event, _known: Known) -> None:
    """The journey has ended: refused, returned, completed. A withdrawal stays a withdrawal."""
    application = await queries.find(session, event.journey, lock=True)
    if application is None:
        return
    state = domain.ended(State(application.state))
    if state != application.state:
        _close(application, state)


def _close(application: Application, state: State) -> None:
    application.state, application.closed_at = state, clock.now()
    application.revision += 1
