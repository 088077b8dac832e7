"""The evidence of what left by outside channels."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.delivery.models.notices import Base, moment


class Dispatch(Base, table=True):
    """Evidence of one notice on its way by one outside channel: a rung of its ladder. ``state`` is ``domain.Sending``.

    Addresses are not kept: their keyed hash shows whether it was this one, the masked form lets a person recognise it.
    Both go, with the reply, when they serve nothing any more or their owner asks (``commands/removing.py``).
    """

    __table_args__ = (
        UniqueConstraint("notice_id", "channel"),
        Index("dispatch_message", "message_id"),
        Index("dispatch_provider", "channel", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),
        Index("dispatch_open", "address_hash", postgresql_where=text("state IN ('sending', 'sent')")),
        Index("dispatch_sending", "channel", postgresql_where=text("state = 'sending'")),
        Index("dispatch_addressed", "settled_at", postgresql_where=text("address_masked IS NOT NULL")),
        Index("dispatch_failed", "failed_at", postgresql_where=text("failed_at IS NOT NULL")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    notice_id: UUID = Field(foreign_key="notice.id")
    channel: str
    rung: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Place in the ladder, from 0."""
    state: str
    message_id: str
    """The key by which the provider knows a repeat: Message-ID, retry key, reference. One for all attempts."""
    provider_id: str | None = None
    """What the provider calls it: id of a message, number of a letter."""
    address_hash: str | None = None
    address_masked: str | None = None
    language: str | None = None
    content_sha256: str | None = None
    """Of what left, as the channel was given it."""
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    reply: str | None = None
    """The provider's last answer."""
    tried_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """Begin of the first attempt: a key is good for so long."""
    sent_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """The provider took it."""
    accepted_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """The provider told that it is on its way: handed to the operator, posted."""
    proved_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    proof: str | None = None
    """Code of what proves receipt: ``delivery-report``, ``tracking``, ``identity-check``."""
    failed_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    reason: str | None = None
    """Code of why it failed or was left out: ``refused``, ``bounced``, ``no-address``, ``channel-off``, ``read``, …"""
    waits_until: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """Until when a proof of receipt is waited for before the next rung."""
    decision: str | None = None
    """What came after: the ``next`` rung, ``proved``, ``read`` in the inbox, or ``end``: there is no further rung."""
    decided_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    settled_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """When the state became what it is; None while it is being sent."""


class DispatchEvent(Base, table=True):
    """One entry of the evidence of a dispatch: an attempt, a provider's answer or report. Only added to."""

    __tablename__ = "dispatch_event"
    __table_args__ = (UniqueConstraint("dispatch_id", "reported_as"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    dispatch_id: UUID = Field(foreign_key="dispatch.id")
    kind: str
    """``tried``, ``taken``, ``refused``, ``troubled``, ``accepted``, ``proved``, ``bounced``, ``decided``, or
    ``forgotten``: the address was."""
    code: str | None = None
    """A word of the provider or of ours; nothing personal."""
    actor: UUID | None = None
    """The officer who did it, where one did."""
    reported_as: str | None = None
    """The provider's id of its report: the same report counts once."""
    at: datetime = Field(sa_column=moment())
    """When it happened, as the provider says or as it was seen here."""
    noted_at: datetime = Field(sa_column=moment())
