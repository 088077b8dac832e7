"""Bodies of the inbox."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from kit.contracts.text import Text
from services.delivery.models import Notice


class NoticeView(BaseModel):
    """One notice as its addressee sees it."""

    id: UUID
    journey: UUID
    kind: str
    subject: Text
    body: Text
    link: str | None
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, notice: Notice) -> "NoticeView":
        """From its row."""
        return cls(
            id=notice.id,
            journey=notice.journey_id,
            kind=notice.kind,
            subject=Text(th=notice.subject_th, en=notice.subject_en),
            body=Text(th=notice.body_th, en=notice.body_en),
            link=notice.link,
            created_at=notice.created_at,
            read_at=notice.read_at,
        )


class Inbox(BaseModel):
    """A page of an inbox, newest first; ``next`` is the cursor of the page after it."""

    notices: list[NoticeView]
    next: UUID | None
