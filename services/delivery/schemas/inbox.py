"""Bodies of the inbox."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from kit.contracts.text import Text
from services.delivery.models import AppealPeriod, Notice


class NoticeView(BaseModel):
    """One notice as its addressee sees it.

    Of an order: ``noticed_on`` is the day from which it counts as told, ``appeal_until`` the last day of an appeal.
    """

    id: UUID
    journey: UUID
    kind: str
    subject: Text
    body: Text
    link: str | None
    created_at: datetime
    read_at: datetime | None
    noticed_on: date | None
    appeal_until: date | None

    @classmethod
    def of(cls, notice: Notice, period: AppealPeriod | None) -> "NoticeView":
        """From its row, and its appeal period where it has one."""
        return cls(
            id=notice.id,
            journey=notice.journey_id,
            kind=notice.kind,
            subject=Text(th=notice.subject_th, en=notice.subject_en),
            body=Text(th=notice.body_th, en=notice.body_en),
            link=notice.link,
            created_at=notice.created_at,
            read_at=notice.read_at,
            noticed_on=period.noticed_on if period else None,
            appeal_until=period.until if period else None,
        )


class Inbox(BaseModel):
    """A page of an inbox, newest first; ``next`` is the cursor of the page after it."""

    notices: list[NoticeView]
    next: UUID | None
