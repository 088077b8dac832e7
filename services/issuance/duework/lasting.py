"""What time does to documents that were issued: a suspension ends, an end comes near and has come."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from kit.app import Kit
from kit.clock import clock, local_date
from kit.duework import Later
from services.issuance import commands, queries
from services.issuance.domain import Terms
from services.issuance.models import Document

BATCH = 500
AGAIN = timedelta(days=1)
FIRST = UUID(int=0)


async def reinstate(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """End the suspension of ``<document id>:<act>`` after its last day, unless something else has."""
    document = await _document(kit, UUID(key.partition(":")[0]))
    section = await kit.section(document.definition)
    terms = Terms.of(section, document.settings(section))
    async with kit.database.transaction() as session:
        await commands.end_suspension(session, document.id, terms)


async def expire(kit: Kit, key: str, payload: dict[str, Any]) -> None:
    """Tell what is due of a document's end, and come again on the next day on which something is."""
    document = await _document(kit, UUID(key))
    section = await kit.section(document.definition)
    leads = document.settings(section).reminders
    since = date.fromisoformat(payload["since"]) if "since" in payload else None
    async with kit.database.transaction() as session:
        following = await commands.look_at_end(session, document.id, leads, since)
    if following is not None:
        raise Later(following)


async def plan_expiry(kit: Kit, _key: str, payload: dict[str, Any]) -> None:
    """Plan the ends of documents that a release issued which planned none: so many now, the rest at once after.

    ``after``: the last document that was looked at. ``again``: all of it once more a day later.
    """
    today = local_date(clock.now())
    async with kit.database.reading() as session:
        documents = await queries.ending(session, today, UUID(payload.get("after", str(FIRST))), BATCH)
    if not documents:
        if payload.get("again"):
            raise Later(clock.now() + AGAIN, {"again": False})
        return
    sections = await kit.sections(sorted({each.definition for each in documents}))
    async with kit.database.transaction() as session:
        for each in documents:
            leads = each.settings(sections[each.definition]).reminders
            await commands.plan(session, each, leads, since=today)
    raise Later(clock.now(), payload | {"after": str(documents[-1].id)})


async def _document(kit: Kit, document_id: UUID) -> Document:
    async with kit.database.reading() as session:
        (document,) = await queries.documents(session, [document_id])
    return document
