"""Bodies of delivery's questions and answers."""

from services.delivery.schemas.inbox import Inbox, NoticeView

__all__ = ["Inbox", "NoticeView"]
