"""Notices climb their ladders by the outside channels."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

from kit import crashpoint
from kit.app import Kit
from kit.claims import APPLICATION, Missing
from kit.clock import clock
from kit.contracts.claims import ApplicationClaim
from kit.duework import Later, WorkFunction
from kit.gist import gist, places
from kit.hasten import hasten
from kit.telemetry import log
from services.delivery import commands, domain, queries
from services.delivery.channels import Busy, Channel, Channels, Message, RefusedByChannel
from services.delivery.domain import End, GiveUp, Rung, Send, Wait
from services.delivery.models import Notice
from services.delivery.settings import Settings

BEGUN = "an attempt is written down, nothing has left"
ANSWERED = "the channel has answered, nothing is written down"
ONE_MAIL = [["email", None]]
"""The ladder of work that an earlier release planned."""


async def climb(kit: Kit, key: str, payload: dict[str, Any]) -> None:
    """Take a notice up its ladder as far as it goes now; repeated after a lost answer with the same key."""
    ladder = domain.read_ladder(payload.get("ladder", ONE_MAIL))
    while True:
        async with kit.database.reading() as session:
            found = await queries.climb_of(session, UUID(key))
        if found is None:
            return
        notice, tries = found
        act = domain.next_act(
            ladder, tries, clock.now(), is_read=notice.read_at is not None, quiet=_quiet(kit), forgets=_forgets(kit)
        )
        if isinstance(act, Wait):
            raise Later(act.until)
        if isinstance(act, End):
            async with kit.database.transaction() as session:
                await commands.end(session, notice.id, act.decision)
            return
        if isinstance(act, GiveUp):
            async with kit.database.transaction() as session:
                await commands.fail(session, notice, act.rung, act.reason)
        else:
            await _send(kit, notice, act)


def _quiet(kit: Kit) -> dict[str, domain.Quiet]:
    quiet = kit.resource(Settings).quiet
    return {each.name: quiet for each in kit.resource(Channels) if each.sleeps}


def _forgets(kit: Kit) -> dict[str, timedelta]:
    return {each.name: each.forgets_after for each in kit.resource(Channels) if each.forgets_after is not None}


async def _send(kit: Kit, notice: Notice, act: Send) -> None:
    """One attempt: written down before and after; in between nothing of the database is held."""
    channel = kit.resource(Channels).get(act.rung.channel)
    application = await _application(kit, notice)
    address = channel.address_in(application) if channel and application else None
    if channel is None or application is None or address is None:
        reason, key = ("no-address", channel.key_of(notice.id)) if channel else ("channel-off", "")
        async with kit.database.transaction() as session:
            await commands.skip(session, notice, act.index, act.rung, key, reason)
        return
    message = _message(kit, notice, channel, application, address)
    async with kit.database.transaction() as session:
        begun = await commands.begin(session, notice, act.index, act.rung, _leaving(kit, channel, application, message))
    if begun is not None:
        crashpoint.reach(BEGUN)
        await _attempt(kit, notice, act.rung, channel, message)


async def _application(kit: Kit, notice: Notice) -> ApplicationClaim | None:
    """None where request does not know it any more: whose address is gone is told by no channel."""
    try:
        return await APPLICATION.one(kit, notice.journey_id)
    except Missing:
        return None


def _message(kit: Kit, notice: Notice, channel: Channel, application: ApplicationClaim, address: str) -> Message:
    link = f"{kit.settings.public_url}/v1/inbox/{notice.id}"
    subject, body = domain.say_outside(channel.name, application.language, link, str(notice.id))
    return Message(id=channel.key_of(notice.id), to=address, subject=subject, body=body)


def _leaving(kit: Kit, channel: Channel, application: ApplicationClaim, message: Message) -> commands.Leaving:
    return commands.Leaving(
        key=message.id,
        address_hash=kit.resource(Settings).hash_of(channel.name, message.to),
        address_masked=domain.masked(channel.name, message.to),
        language=application.language,
        content_sha256=hashlib.sha256(f"{message.subject}\n{message.body}".encode()).hexdigest(),
    )


async def _attempt(kit: Kit, notice: Notice, rung: Rung, channel: Channel, message: Message) -> None:
    try:
        taken = await channel.send(message)
    except RefusedByChannel as refusal:
        crashpoint.reach(ANSWERED)
        async with kit.database.transaction() as session:
            await commands.fail(session, notice, rung, "refused", str(refusal))
    except OSError as trouble:
        asked = trouble.pause if isinstance(trouble, Busy) else None
        async with kit.database.transaction() as session:
            await commands.trouble(session, notice, rung, str(trouble), asked)
    except Exception as error:  # noqa: BLE001 - a fault of one channel keeps no notice from the next one
        log.error("a channel failed in a way of its own", channel=channel.name, error=gist(error), at=places(error))
        async with kit.database.transaction() as session:
            await commands.trouble(session, notice, rung, type(error).__name__, None)
    else:
        crashpoint.reach(ANSWERED)
        async with kit.database.transaction() as session:
            await commands.take(session, notice, rung, taken.reply, taken.provider_id)
            if notice.appeal_days is not None:
                await commands.reckon(session, [notice.id], kit.resource(Settings).notice_rules, "sent")


async def nudge(kit: Kit, _key: str, payload: dict[str, Any]) -> None:
    """Wake a ladder that was being climbed when a report came."""
    async with kit.database.transaction() as session:
        is_done = await hasten(session, commands.CLIMB, payload["notice"])
    if not is_done:
        raise Later(clock.now() + timedelta(seconds=1))


WORK: dict[str, WorkFunction] = {commands.CLIMB: climb, commands.NUDGE: nudge, "email": climb}
"""``email`` is what earlier releases plan; a process of theirs may still run beside."""
