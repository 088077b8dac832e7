"""Settings of the gateway."""

from pathlib import Path

from kit import settings


class Settings(settings.Settings):
    """What every process needs, and how long a live stream lasts."""

    service: str = "gateway"
    heartbeat_seconds: float = 15.0
    """Between two signs of life of a live stream; also how late a lost wake-up is noticed."""
    stream_seconds: float = 900.0
    """A live stream ends after this time; the client comes back with ``Last-Event-ID`` and a fresh token."""
    resume_seconds: float = 30.0
    """After this time a journey whose application was not opened is completed by due work."""
    agreements: Path = Path(__file__).with_name("partners")
    """Folder of the agreements with partners, ``<name>.yaml`` each."""
