"""What happens when a payer is done on the gateway's page, by mode: what is booked, seen, and told by webhook."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kit.local.doubles.card.book import Charge

WRONG_BY = 100  # satang
MODES = {
    "ok": "paid, then the webhook",
    "declined": "refused by the card's bank, then the webhook",
    "silent": "paid, never told",
    "late": "paid, told late",
    "duplicate": "paid once; the same webhook twice at once and again a second later",
    "webhook-before-booked": "told first; whoever retrieves the charge sees it as pending until later",
    "bad-signature": "paid; the webhook is signed with another secret",
    "forged": "told as paid with another secret; nothing is paid",
    "wrong-amount": "one baht more than ordered is booked and told",
    "wrong-amount-told": "paid as ordered; the webhook tells one baht more",
}


@dataclass(frozen=True)
class Delays:
    """Seconds: usual time before the webhook, and how long what is late takes."""

    webhook: float
    late: float


@dataclass(frozen=True)
class Happening:
    """A charge as it is now in the book, what is told of it and when, and whether by the right secret."""

    charge: Charge
    told: dict[str, Any]
    posts_in: tuple[float, ...]
    is_signed: bool = True


def act(charge: Charge, mode: str, now: datetime, delays: Delays, page: str) -> Happening:
    """What a payer's deed makes of a pending charge; `mode` is one of MODES."""
    amount = charge.amount + WRONG_BY * (mode == "wrong-amount")
    paid = replace(charge, state="successful", paid_at=now.isoformat(), amount=amount)
    if mode == "declined":
        paid = replace(charge, state="failed")
    told = paid.body(page)
    if mode == "wrong-amount-told":
        told |= {"amount": paid.amount + WRONG_BY}
    if mode == "webhook-before-booked":
        paid = replace(paid, visible_at=(now + timedelta(seconds=delays.late)).isoformat())
    posts = {
        "silent": (),
        "late": (delays.late,),
        "duplicate": (delays.webhook, delays.webhook, delays.webhook + 1),
        "webhook-before-booked": (0.0,),
    }.get(mode, (delays.webhook,))
    is_signed = mode not in ("bad-signature", "forged")
    return Happening(charge if mode == "forged" else paid, told, posts, is_signed)
