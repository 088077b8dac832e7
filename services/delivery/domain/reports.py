"""What a provider tells later of a message that it took. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.contracts.text import Text
from kit.errors import BadRequest, Unauthenticated


class Told(StrEnum):
    """The kinds of report."""

    ACCEPTED = "accepted"
    """On its way: handed to the operator, posted."""
    PROVED = "proved"
    """Received."""
    FAILED = "bounced"
    """It will not be received."""
    NOTED = "noted"
    """Neither: a scan on the way, a delay."""


@dataclass(frozen=True)
class Report:
    """One report. The dispatch is found by our key, by the provider's id, or (all that are open) by the address."""

    told: Told
    code: str
    """A short word of the provider's: nothing personal."""
    id: str
    """The provider's id of the report: the same one counts once."""
    at: datetime
    key: str | None = None
    provider_id: str | None = None
    address: str | None = None
    proof: str = "delivery-report"


class SignatureRefused(Unauthenticated):
    """A report that is not signed by the provider."""

    code = "signature-refused"
    title = Text(th="ลายมือชื่อของรายงานไม่ถูกต้อง", en="The signature of the report is wrong")


class MalformedReport(BadRequest):
    """A signed report that has not the provider's shape."""

    code = "malformed-report"
    title = Text(th="รายงานไม่อยู่ในรูปแบบที่อ่านได้", en="The report cannot be read")


def happened(at: datetime, tried: datetime | None, now: datetime) -> datetime:
    """When it happened by the provider's clock, as far as that can be: after the first attempt, before now."""
    return min(max(at, tried or at), now)
