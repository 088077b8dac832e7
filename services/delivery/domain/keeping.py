"""What of a notice is kept, and why: the words of the law's time, the copies of addresses as long as they serve. Pure.

A copy of an address (its keyed hash, its masked form, the provider's reply, which may quote it) serves while a notice
is on its way and while reports of it may come. Where a period runs from what left by that channel, the copy shows that
it went to the right place, and is as much evidence as the notice.
"""

from collections.abc import Iterable

from kit.contracts.retention import Reason
from services.delivery.domain.dates import Basis, DateRule


def proving(rules: Iterable[DateRule]) -> list[str]:
    """The channels by which an order counts as told: whereto it left is evidence."""
    return sorted({each.channel for each in rules if each.basis in (Basis.SENT, Basis.RECEIVED)})


def why_copy_stays(*, is_held: bool, is_open: bool, is_evidence: bool) -> Reason | None:
    """Why a copy of an address is not erased when its owner asks; None where nothing keeps it."""
    if is_held:
        return Reason.LEGAL_HOLD
    if is_open:
        return Reason.IN_USE
    return Reason.KEPT_BY_LAW if is_evidence else None


def why_record_stays(*, is_held: bool, has_ended: bool) -> Reason:
    """Why a notice or a letter that is not past is kept."""
    if is_held:
        return Reason.LEGAL_HOLD
    return Reason.KEPT_BY_LAW if has_ended else Reason.IN_USE
