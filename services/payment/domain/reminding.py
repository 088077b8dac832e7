"""When a payer is reminded, and when an invoice expires that nobody has paid. Pure."""

from datetime import datetime, timedelta

from kit.clock import BANGKOK, local_date
from kit.contracts.definition import Duration, PaymentStep
from kit.workdays import OPENING, Calendar

IN_DAYS = ("working_days", "calendar_days")
DAY = timedelta(days=1)


def reminders(settings: PaymentStep, due_at: datetime, now: datetime, calendar: Calendar) -> list[datetime]:
    """When the payer is reminded after ``now``, in order: before the due date, and past it where nothing lapses."""
    moments = {_before(due_at, each, calendar) for each in settings.reminders}
    if settings.lapse and settings.lapse.policy == "remind":
        moments.add(_after(due_at, settings.lapse.grace, calendar))
    return sorted(each for each in moments if each > now)


def expiry(settings: PaymentStep, due_at: datetime, calendar: Calendar) -> datetime | None:
    """When the invoice expires and the journey with it; None where nothing lapses."""
    if settings.lapse is None or settings.lapse.policy != "journey":
        return None
    return _after(due_at, settings.lapse.grace, calendar)


def _after(due_at: datetime, period: Duration, calendar: Calendar) -> datetime:
    return calendar.add(due_at, period.amount, period.unit)


def _before(due_at: datetime, period: Duration, calendar: Calendar) -> datetime:
    """The opening of offices so many days before the day on which something is due."""
    day, left = local_date(due_at), period.amount
    while left:
        day -= DAY
        left -= period.unit == "calendar_days" or calendar.is_workday(day)
    return datetime.combine(day, OPENING, BANGKOK)
