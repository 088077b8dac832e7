"""Settings of review."""

from datetime import timedelta

from kit import settings


class Settings(settings.Settings):
    """The kit's, and how long an officer holds a claimed case (``PT4H``)."""

    service: str = "review"
    case_lease: timedelta = timedelta(hours=4)
