"""Since when a notice counts as told, by rules that are data, and until when it may be appealed. Pure.

A day is a day in Thailand. What the rules are to be is the law's and the agency's to say: each names its source.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from kit.clock import BANGKOK, local_date
from kit.contracts.codes import Code
from kit.contracts.definition import Model, Source
from kit.contracts.text import Text
from kit.workdays import Calendar

INBOX = "inbox"


class Basis(StrEnum):
    """What happened to a notice."""

    ENTERED = "entered"
    """It came into the system that the addressee uses."""
    READ = "read"
    """The addressee opened it."""
    SENT = "sent"
    """It was posted, or taken by whoever carries it."""
    RECEIVED = "received"
    """Receipt is proved, or it was handed over to a person whose identity was checked."""


class DateRule(Model):
    """On one channel a notice counts as told so many days after this happened to it.

    ``is_rolled``: where that is a day off, on the next working day.
    """

    channel: Code
    basis: Basis
    days: Annotated[int, Field(ge=0, le=365)] = 0
    is_rolled: bool = False
    source: Source


ETA = Text(th="พ.ร.บ.ว่าด้วยธุรกรรมทางอิเล็กทรอนิกส์ พ.ศ. 2544", en="Electronic Transactions Act B.E. 2544")
APA = Text(th="พ.ร.บ.วิธีปฏิบัติราชการทางปกครอง พ.ศ. 2539", en="Administrative Procedure Act B.E. 2539")
OWN = Text(th="ค่าที่แพลตฟอร์มกำหนด", en="The platform's own default")

SHIPPED_RULES: tuple[DateRule, ...] = (
    DateRule(channel=INBOX, basis=Basis.ENTERED, source=Source(law=ETA, section="22–24", mark="K")),
    DateRule(channel="post", basis=Basis.SENT, days=7, source=Source(law=APA, section="68–74", mark="K")),
    DateRule(channel="pickup", basis=Basis.RECEIVED, source=Source(law=OWN, mark="D")),
)
"""Defaults that nobody has confirmed for the agency: PAET_NOTICE_RULES puts others in their place."""


@dataclass(frozen=True)
class Mark:
    """Something that happened to a notice on a channel."""

    channel: str
    basis: Basis
    at: datetime


@dataclass(frozen=True)
class Noticed:
    """Since when a notice counts as told, and by which rule."""

    on: date
    rule: DateRule


def noticed(marks: Sequence[Mark], rules: Sequence[DateRule], calendar: Calendar) -> Noticed | None:
    """The earliest day on which a rule counts the notice as told; of two on one day the rule that stands first.

    None while no rule has anything to go by.
    """
    found = [
        Noticed(_day(mark.at, rule, calendar), rule)
        for rule in rules
        for mark in marks
        if (mark.channel, mark.basis) == (rule.channel, rule.basis)
    ]
    return min(found, key=lambda each: each.on, default=None)


def _day(at: datetime, rule: DateRule, calendar: Calendar) -> date:
    day = local_date(at) + timedelta(days=rule.days)
    return local_date(calendar.next_opening(_noon(day))) if rule.is_rolled else day


def appeal_until(day: date, days: int, calendar: Calendar) -> date:
    """The last day of the appeal: the first day does not count, a last day off moves on (APA39 s.64 [K])."""
    return local_date(calendar.add(_noon(day), days, "calendar_days"))


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), BANGKOK)
