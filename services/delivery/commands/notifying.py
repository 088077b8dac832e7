"""A notice is written, and its way by the outside channels planned."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from kit.claims import SECTION, Known
from kit.clock import clock
from kit.cloudevents import Event
from kit.contracts.definition import Section
from kit.database import defer
from kit.rows import fetch
from kit.telemetry import log
from services.delivery import domain, queries
from services.delivery.commands.claims import APPLICANT, RULES
from services.delivery.commands.climbing import plan_climb
from services.delivery.commands.reckoning import reckon
from services.delivery.domain import DateRule
from services.delivery.models import METADATA

NOTICE = ", ".join(METADATA.tables["notice"].columns.keys())
WRITE = f"""
    INSERT INTO notice ({NOTICE}) SELECT {NOTICE} FROM jsonb_populate_recordset(NULL::notice, $1) ON CONFLICT DO NOTHING
    RETURNING id, appeal_days
"""  # noqa: S608 - the names are ours


async def notify(session: AsyncSession, event: Event, known: Known, kind: str, values: dict[str, str]) -> None:
    """Put a notice into the inbox, in this transaction, and plan its way by the outside channels.

    The notices of a batch are written together at its end; mail of one that stood already finds nothing to send.
    """
    applicant = known[APPLICANT]
    section: Section = known[SECTION]
    said = {
        "title": section.title.th, "title_en": section.title.en, "number": applicant.number,
        "agency": section.agency_name.th, "agency_en": section.agency_name.en,
    } | values  # fmt: skip
    identifier = uuid7()
    notice = {
        "id": identifier, "cause": event.id, "person_id": applicant.person, "kind": kind, "created_at": clock.now(),
        "values": said, "link": _link_of(kind, event.journey), "application_number": applicant.number,
        "has_address": applicant.has_address, "journey_id": event.journey, "agency": event.agency,
        "appeal_days": section.appeal.days if section.appeal and domain.KINDS[kind].is_order else None,
        "definition": event.definition, "step": event.nextstep or event.step, "slip": _slip_of(event, section),
    }  # fmt: skip
    defer(session, "notice", _write, (notice, known[RULES]))
    await plan_climb(session, identifier, kind, event.journey, section, applicant)


async def _write(session: AsyncSession, rows: list[tuple[dict[str, Any], Sequence[DateRule]]]) -> None:
    """Word the notices of a batch by the templates that are in force in this moment, and write them together."""
    notices, rules = [each for each, _ in rows], rows[0][1]
    agencies, kinds = {each["agency"] for each in notices}, {each["kind"] for each in notices}
    templates = await queries.templates_in_force(session, agencies, kinds, clock.now())
    for each in notices:
        _word(each, templates.get((each["agency"], each["kind"])))
        each["digest"] = domain.digest_of(each)
    written = await fetch(session, WRITE, to_json(notices).decode())
    if appealable := [row["id"] for row in written if row["appeal_days"] is not None]:
        await reckon(session, appealable, rules, "told")


def _word(notice: dict[str, Any], template: domain.Saved | None) -> None:
    """Put the words in. A template that another release understands better than this one gives way to the shipped."""
    kind, values = notice["kind"], notice.pop("values")
    wording = template.wording if template else None
    try:
        subject, body = domain.say(kind, values, wording)
    except KeyError as place:
        log.warning("template has a place that nothing fills", kind=kind, template=str(template and template.id),
                    place=str(place))  # fmt: skip
        template = None
        subject, body = domain.say(kind, values)
    notice |= {
        "subject_th": subject.th, "subject_en": subject.en, "body_th": body.th, "body_en": body.en,
        "template_id": template.id if template else None, "template_version": template.version if template else 0,
    }  # fmt: skip


def _slip_of(event: Event, section: Section) -> dict[str, object]:
    slip = getattr(event.data, "slip", None) or section.slip()
    return slip.model_dump(mode="json")


def _link_of(kind: str, journey: UUID) -> str | None:
    ends = {
        "issued": "document",
        "wallet": "credential-offers",
        "published": "public-document",
        "pay": "invoices",
        "received": "acknowledgement",
        "defect": "correction",
        "corrected": "correction",
        "pay_reminder": "invoices",
        "pay_overdue": "invoices",
        "underpaid": "invoices",
        "underpaid_overdue": "invoices",
        "paid": "receipts",
        "receipt_replaced": "receipts",
        "licence_replaced": "document",
    }
    return f"/v1/journeys/{journey}/{ends[kind]}" if kind in ends else None
