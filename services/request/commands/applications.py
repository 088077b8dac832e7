"""What changes an application: open, save, submit, withdraw, seal, end."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit import outbox
from kit.auth import Principal
from kit.calendars import calendar_of
from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.definition import RequestStep, Section
from kit.contracts.events import Opened, Submitted, Withdrawn
from kit.contracts.journey import Outcome
from kit.rows import fetch, put
from services.request import domain, queries
from services.request.commands.changing import change
from services.request.domain import State
from services.request.models import Application
from services.request.schemas import Draft, NewJourney

NEXT_NUMBER = """
    INSERT INTO number_series (agency, prefix, year, last) VALUES ($1, $2, $3, 1)
    ON CONFLICT (agency, prefix, year) DO UPDATE SET last = number_series.last + 1 RETURNING last
"""
SEAL = "UPDATE application SET state = $2, sealed_at = $3, revision = revision + 1 WHERE id = ANY($1)"
# In the order in which a seal locks. A batch does it once for each fact that ends: a seal may still meet it in a ring,
# which PostgreSQL ends, and the loser comes again. Two batches never do: they hold their journeys in one order before.
END = """
    UPDATE application SET state = $3, closed_at = $4, revision = revision + 1 WHERE id IN (
        SELECT id FROM application WHERE journey_id = ANY($1) AND state = ANY($2) ORDER BY id FOR UPDATE
    )
"""


async def open_draft(session: AsyncSession, new: NewJourney, section: Section) -> tuple[Application, bool]:
    """Open the draft of a journey and say whether it is new; JourneyTaken when it is another's."""
    slip = section.slip()
    now = clock.now()
    row = {
        "id": uuid7(), **new.model_dump(), "agency": section.agency, "step": slip.step.id,
        "slip": slip.model_dump(mode="json"), "form": {}, "opened_at": now, "saved_at": now,
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
    await change(session, application, **dict(draft), saved_at=clock.now())
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
    await _file(session, application, section, form, key)
    await outbox.hand_over(session, application, Submitted)
    return application, True


def _require_repeat(application: Application, key: str | None) -> None:
    is_same_call = key is not None and key == application.submission_key
    if application.state == State.WITHDRAWN and not is_same_call:
        raise domain.ApplicationWithdrawn()


async def _file(
    session: AsyncSession, application: Application, section: Section, form: dict[str, Any], key: str | None
) -> None:
    """Fix what submission fixes: times, number, hash of what was typed."""
    filed = domain.times_of(clock.now(), await calendar_of(session), section.periods)
    year = domain.series_year(filed.entered_system_at)
    settings: RequestStep = section.settings(application.step)
    running = await _next_number(session, application.agency, settings.number_prefix, year)
    payload = {
        "journey": str(application.journey_id), "definition": application.definition,
        "form": application.form, "email": application.email, "language": application.language,
    } | {name: said for name in ("phone", "line_user") if (said := getattr(application, name))}  # fmt: skip
    await change(
        session,
        application,
        **asdict(filed),
        postal_address=domain.postal_address(
            form, settings.postal_address, queries.form_for(section, application.step).schema
        ),
        number=domain.number_of(application.agency, settings.number_prefix, year, running),
        payload_sha256=domain.payload_digest(payload),
        filed_form=form,
        state=State.SUBMITTED,
        submission_key=key,
    )


async def _next_number(session: AsyncSession, agency: str, prefix: str, year: int) -> int:
    """The next running number; the row stays locked until the transaction ends, so there is no gap."""
    (row,) = await fetch(session, NEXT_NUMBER, agency, prefix, year)
    return int(row["last"])


async def withdraw(session: AsyncSession, principal: Principal, journey: UUID) -> Application:
    """Take the application back; ApplicationSealed after the point of no return. A repeat changes nothing."""
    application = await queries.owned(session, principal, journey, lock=True)
    state = domain.withdrawn(State(application.state))
    if state != application.state:
        await change(session, application, state=state, closed_at=clock.now())
        await outbox.hand_over(session, application, Withdrawn, Outcome.WITHDRAWN)
    return application


async def seal(session: AsyncSession, journeys: Sequence[UUID]) -> list[UUID]:
    """The point of no return of several applications; those that stay out of it are given back.

    Out of it stays what was withdrawn or has ended. NotFound when one is unknown, NotSubmitted for a draft: then
    none is sealed.
    """
    withdrawn, fresh = [], []
    for application in await queries.of_journeys(session, journeys):
        is_sealed = application.sealed_at is not None
        try:
            domain.sealed(State(application.state), is_sealed=is_sealed)
        except domain.ApplicationWithdrawn:
            withdrawn.append(application.journey_id)
            continue
        if not is_sealed:
            fresh.append(application.id)
    if fresh:
        await fetch(session, SEAL, fresh, State.SEALED, clock.now())
    return withdrawn


async def end(session: AsyncSession, events: Sequence[Event]) -> None:
    """The journey has ended: refused, returned, completed. A withdrawal stays a withdrawal."""
    await fetch(session, END, [event.journey for event in events], domain.ENDING, State.ENDED, clock.now())
