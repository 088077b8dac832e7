"""Facts of review: cases, their legal clock, and what it comes to."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from kit.contracts.events.base import Fact, HandOver


class CaseOpened(Fact):
    """Review has the case."""

    source: ClassVar[str] = "review"
    name: ClassVar[str] = "opened"
    case: UUID


class Accepted(Fact):
    """The application is complete: the legal clock starts (LFA58 s.10)."""

    source: ClassVar[str] = "review"
    name: ClassVar[str] = "accepted"
    case: UUID
    due_at: datetime


class DefectRecorded(Fact):
    """The application has defects (LFA58 s.8): the record says which, and by ``due_at`` they are to be corrected.

    The legal clock does not run until they are.
    """

    source: ClassVar[str] = "review"
    name: ClassVar[str] = "defect_recorded"
    case: UUID
    defect: UUID
    due_at: datetime


class Overdue(Fact):
    """The decision is late (LFA58 s.10): told as its time is over, and again and again while its clock runs.

    ``count`` is the number of the notice, from 1; those that fell into an outage are counted and not told afterwards.
    """

    source: ClassVar[str] = "review"
    name: ClassVar[str] = "overdue"
    case: UUID
    due_on: date
    count: int


class Recommended(HandOver):
    """Review is done: a recommendation to approval, or where the plan has none, the decision to grant."""

    source: ClassVar[str] = "review"
    name: ClassVar[str] = "recommended"


class ReviewRefused(HandOver):
    """The reviewer refused, where the plan has no approval: an administrative order (APA39 s.37)."""

    source: ClassVar[str] = "review"
    name: ClassVar[str] = "refused"
    closes: ClassVar[bool] = True
