"""Due work of delivery: notices that leave by an outside channel."""

from typing import Any
from uuid import UUID

from kit.app import Kit
from kit.claims import APPLICATION
from kit.duework import WorkFunction
from services.delivery import commands, domain, queries
from services.delivery.channels import Message, RefusedByChannel
from services.delivery.channels.email import Email


async def send_email(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """Send one notice by e-mail; repeated after a lost answer with the same Message-ID."""
    async with kit.database.reading() as session:
        notice = await queries.notice_to_send(session, UUID(key), "email")
    if notice is None:
        return
    application = await APPLICATION.one(kit, notice.journey_id)
    if application.email is None:
        return
    language = application.language
    link = f"{kit.settings.public_url}/v1/inbox/{notice.id}"
    message = Message(
        id=f"<{notice.id}@paet>",
        to=application.email,
        subject=domain.MAIL.subject.in_language(language),
        body=domain.MAIL.body.in_language(language).format(link=link),
    )
    try:
        reply, record = await kit.resource(Email).send(message), commands.record_sent
    except RefusedByChannel as refusal:
        reply, record = str(refusal), commands.record_refused
    async with kit.database.transaction() as session:
        await record(session, notice, "email", message.id, reply)


WORK: dict[str, WorkFunction] = {"email": send_email}
