"""What happens when a payer pays, by mode: what is booked, when it is seen, when the biller is called."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from kit.local.doubles.bank.book import Payment, new_payment
from kit.local.doubles.bank.scan import Bill, CannotPayError, checked

_WRONG_BY = 100  # satang


@dataclass(frozen=True)
class Delays:
    """Seconds: usual time before the callback, and how long what is late takes."""

    callback: float
    late: float


@dataclass(frozen=True)
class Happening:
    """One payment: booked and seen after `visible_in` seconds (None = never), called after `calls_in`."""

    payment: Payment
    visible_in: float | None
    calls_in: tuple[float, ...]


Act = Callable[[Bill, Callable[[Bill], Payment], Delays], list[Happening]]


def _ok(bill: Bill, pay: Callable[[Bill], Payment], delays: Delays) -> list[Happening]:
    return [Happening(pay(bill), 0, (delays.callback,))]


def _silent(bill: Bill, pay: Callable[[Bill], Payment], _: Delays) -> list[Happening]:
    return [Happening(pay(bill), 0, ())]


def _late(bill: Bill, pay: Callable[[Bill], Payment], delays: Delays) -> list[Happening]:
    return [Happening(pay(bill), 0, (delays.late,))]


def _duplicate(bill: Bill, pay: Callable[[Bill], Payment], delays: Delays) -> list[Happening]:
    return [Happening(pay(bill), 0, (delays.callback, delays.callback, delays.callback + 1))]


def _wrong_ref(bill: Bill, pay: Callable[[Bill], Payment], delays: Delays) -> list[Happening]:
    return _ok(replace(bill, ref1=f"WRONG{bill.ref1}"[:20]), pay, delays)


def _twice(bill: Bill, pay: Callable[[Bill], Payment], delays: Delays) -> list[Happening]:
    return _ok(bill, pay, delays) + _ok(bill, pay, delays)


def _early_call(bill: Bill, pay: Callable[[Bill], Payment], delays: Delays) -> list[Happening]:
    return [Happening(pay(bill), delays.late, (0,))]


def _forged(bill: Bill, pay: Callable[[Bill], Payment], delays: Delays) -> list[Happening]:
    return [Happening(pay(bill), None, (delays.callback,))]


MODES: dict[str, tuple[str, Act]] = {
    "ok": ("booked, then the callback", _ok),
    "silent": ("booked, never called back", _silent),
    "late": ("booked, called back late", _late),
    "duplicate": ("booked once; the same callback twice at once and again a second later", _duplicate),
    "wrong-amount": ("booked with `amount`, or one baht too much, against what the QR says", _ok),
    "wrong-ref": ("booked and called back under another Ref1", _wrong_ref),
    "twice": ("two payments, two transaction ids", _twice),
    "callback-before-booked": ("the callback first; inquiries see the payment later", _early_call),
    "forged": ("a callback without a payment", _forged),
}


def pay(bill: Bill, amount: int | None, mode: str, at: datetime, delays: Delays) -> list[Happening]:
    """Pay a bill at `at`. `amount` in satang: what the payer types on an open bill.

    Raises CannotPayError for an unknown mode, an open bill without amount, or an amount that differs from
    the bill's except in mode `wrong-amount`.
    """
    if mode not in MODES:
        raise CannotPayError(f"unknown mode; known: {', '.join(MODES)}")
    paid = _amount(bill, amount, mode)

    def booked(bill: Bill) -> Payment:
        return new_payment(checked(bill), paid, at, mode)

    return MODES[mode][1](bill, booked, delays)


def _amount(bill: Bill, typed: int | None, mode: str) -> int:
    amount = bill.amount or typed
    if amount is None or amount <= 0:
        raise CannotPayError("an open bill needs a positive amount")
    if mode == "wrong-amount":
        return typed if typed and typed != bill.amount else amount + _WRONG_BY
    if typed not in (None, amount):
        raise CannotPayError("the app does not let the payer change the amount of this QR")
    return amount
