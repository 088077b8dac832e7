"""Use cases of approval: each is one change. They take the session and never commit."""

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

import asyncpg
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit import outbox
from kit.app import Kit
from kit.auth import Principal
from kit.calendars import calendar_of, proclaim
from kit.claims import CASE, SECTION, Asking, Known, Need
from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.appeal import appeal_text
from kit.contracts.claims import CaseClaim
from kit.contracts.definition import ApprovalStep, AutomaticApproval, Periods, Section
from kit.contracts.events import CalendarChanged, DecisionOpened, Granted, Refused
from kit.contracts.journey import Outcome
from kit.rows import fetch, put
from kit.workdays import Calendar
from services.approval import domain
from services.approval.domain import Keyring, State
from services.approval.models import Decision, SigningKey
from services.approval.queries import locked

KEY = "SELECT kid, sealed FROM signing_keys WHERE holder = $1"


class KeyringNeed(Need[Keyring]):
    """The keyring that the process opened at its start."""

    async def resolve(self, asking: Asking, events: Sequence[Event], known: Sequence[Known]) -> list[Keyring]:  # noqa: ARG002
        """The same for every event."""
        return [cast(Kit, asking).resource(Keyring)] * len(events)


KEYRING = KeyringNeed()


async def open_decision(session: AsyncSession, event: Event, known: Known) -> None:
    """Open the one decision of a hand-over; grant at once where the definition's rule allows it.

    A rule never refuses: what the review does not favour waits for an approver.
    """
    section, case = known[SECTION], known[CASE]
    decision = _new_decision(event, section, case, await calendar_of(session))
    automatic = _step_of(section, decision).automatic
    if automatic is not None and case.result == "recommended":
        _grant_by_rule(decision, automatic)
        await _sign(session, decision, known[KEYRING], f"agency:{decision.agency}")
    if not await put(session, decision, "journey_id", "step"):
        return
    await outbox.add(session, DecisionOpened(decision=decision.id), decision)
    if decision.state == State.GRANTED:
        await outbox.hand_over(session, decision, Granted)


def _step_of(section: Section, decision: Decision) -> ApprovalStep:
    step: ApprovalStep = section.settings(decision.step)
    return step


def _new_decision(event: Event, section: Section, case: CaseClaim, calendar: Calendar) -> Decision:
    arrival = event.arrival()
    step: ApprovalStep = section.settings(arrival["step"])
    accepted_at = case.accepted_at or case.decided_at
    return Decision(
        id=uuid7(),  # given, as the time is: to find that a field makes its own costs more than the rest of the row
        opened_at=clock.now(),
        **arrival,
        unit=step.unit,
        case_id=case.case,
        reviewer=case.reviewer,
        recommendation=case.result,
        recommended={name: getattr(case, name) for name in domain.REASONS},
        accepted_at=accepted_at,
        periods=section.periods.model_dump(mode="json", exclude={"late"}),
        due_at=domain.due_at(section.periods, accepted_at, calendar),
        authority=step.authority.model_dump(),
        appeal=appeal_text(section.appeal).model_dump() if section.appeal else None,
    )


def _grant_by_rule(decision: Decision, automatic: AutomaticApproval) -> None:
    decision.stand(domain.grant_by_rule(decision.standing))
    decision.rule, decision.order_number = automatic.rule.model_dump(), automatic.order
    decision.authority = automatic.authority.model_dump()
    _state(decision, decision.recommended)


async def grant(
    session: AsyncSession, keyring: Keyring, decision_id: UUID, officer: Principal, reasons: Mapping[str, str]
) -> Decision:
    """Grant, by an approver other than the reviewer; the same officer's repeat changes nothing.

    A full grant needs no reasons (APA39 s.37); without own ones it adopts those of a favourable review.
    """
    decision = await locked(session, decision_id, officer)
    by = UUID(officer.subject)
    if (decision.state, decision.decided_by) == (State.GRANTED, by):
        return decision
    decision.stand(domain.decide(decision.standing, by, State.GRANTED))
    adopts = decision.recommendation == "recommended" and not any(reasons.values())
    _state(decision, decision.recommended if adopts else reasons)
    await _sign(session, decision, keyring, f"officer:{by}")
    await outbox.hand_over(session, decision, Granted)
    return decision


async def refuse(
    session: AsyncSession, keyring: Keyring, decision_id: UUID, officer: Principal, reasons: Mapping[str, str]
) -> Decision:
    """Refuse with facts, law, considerations and the right to appeal; the same repeat changes nothing."""
    decision = await locked(session, decision_id, officer)
    by = UUID(officer.subject)
    if (decision.state, decision.decided_by) == (State.REFUSED, by) and _states(decision, reasons):
        return decision
    standing = domain.decide(decision.standing, by, State.REFUSED)
    domain.check_refusal(reasons, has_appeal=decision.appeal is not None)
    decision.stand(standing)
    _state(decision, reasons)
    await _sign(session, decision, keyring, f"officer:{by}")
    await outbox.hand_over(session, decision, Refused, Outcome.REFUSED)
    return decision


async def close_decision(session: AsyncSession, event: Event, known: Known) -> None:  # noqa: ARG001
    """The journey ended: what waits can be decided by nobody any more."""
    query = select(Decision).where(Decision.journey_id == event.journey).with_for_update()
    for decision in await session.exec(query):
        standing = domain.close(decision.standing)
        if standing != decision.standing:
            decision.stand(standing)
            decision.closed_by = event.data.name


async def change_calendar(session: AsyncSession, event: Event, known: Known) -> None:  # noqa: ARG001
    """A day became a holiday or a working day: what still waits may be due on another day."""
    fact: CalendarChanged = event.data
    await proclaim(session, fact.day, fact.is_workday)
    calendar = await calendar_of(session)
    waiting = select(Decision).where(Decision.state == State.WAITING).order_by(col(Decision.id)).with_for_update()
    for decision in await session.exec(waiting):
        periods = Periods.model_validate(decision.periods)
        decision.due_at = domain.due_at(periods, decision.accepted_at, calendar)


def _state(decision: Decision, reasons: Mapping[str, str]) -> None:
    decision.facts, decision.law, decision.considerations = (reasons[name] for name in domain.REASONS)
    decision.decided_at = clock.now()


def _states(decision: Decision, reasons: Mapping[str, str]) -> bool:
    return all(getattr(decision, name) == reasons[name] for name in domain.REASONS)


async def _sign(session: AsyncSession, decision: Decision, keyring: Keyring, holder: str) -> None:
    """Sign what was decided. One ES256 signature costs well under a millisecond: no due work for it."""
    key = await _key_of(session, keyring, holder)
    decision.content = decision.to_sign().canonical()
    decision.digest = domain.digest_of(decision.content)
    decision.signature = keyring.sign(decision.content, key["kid"], key["sealed"])


async def _key_of(session: AsyncSession, keyring: Keyring, holder: str) -> asyncpg.Record:
    """The key of the holder, made at first use; of two that make one at once the first one's stays."""
    found = await fetch(session, KEY, holder)
    if not found:
        new = keyring.make()
        await put(session, SigningKey(kid=new.kid, holder=holder, public_pem=new.public_pem, sealed=new.sealed))
        found = await fetch(session, KEY, holder)
    return found[0]
