"""The lines of an invoice by the rules of a definition. Pure; money is integer satang."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from kit.contracts.definition import (
    Charge,
    Exemption,
    Fee,
    FeeBand,
    FixedFee,
    LateFee,
    PaymentStep,
    PercentFee,
    RangeFee,
    TradesFee,
    UnitFee,
)
from kit.contracts.text import Text
from services.payment.domain import words
from services.payment.domain.problems import FeeUndecidable

SATANG = 100
MOST_SATANG = 10**13
TOO_MUCH = Text(th="ค่าธรรมเนียมที่คำนวณได้สูงเกินไป", en="The fee comes to more than any fee may")
NO_NUMBER = Text(th="ต้องเป็นตัวเลข จึงจะคำนวณค่าธรรมเนียมได้", en="Has to be a number for the fee to be reckoned")
NO_DATE = Text(th="ต้องเป็นวันที่ จึงจะคำนวณค่าธรรมเนียมได้", en="Has to be a date for the fee to be reckoned")
NO_RATE = Text(th="ไม่มีอัตราค่าธรรมเนียมสำหรับค่านี้", en="There is no fee for this value")
NO_RULE = Text(
    th="ไม่มีอัตราค่าธรรมเนียมของหน่วยงานนี้ที่ใช้บังคับในวันที่ยื่นคำขอ",
    en="No fee of this agency is in force on the day of the application",
)


@dataclass(frozen=True)
class Line:
    """One line of an invoice: ``amount`` in satang, below zero where a rule takes something off."""

    item: Text
    revenue_code: str
    amount: int
    because: Text
    """How the amount comes about, for the applicant."""
    law: Text

    def as_json(self) -> dict[str, Any]:
        """As it is kept on the invoice."""
        return {
            "item": self.item.model_dump(),
            "revenue_code": self.revenue_code,
            "amount": self.amount,
            "because": self.because.model_dump(),
            "law": self.law.model_dump(),
        }


@dataclass(frozen=True)
class Case:
    """What rules look at."""

    form: Mapping[str, Any]
    day: date
    """On which the application is legally received, in Thailand."""
    agency: str


def fee_lines(settings: PaymentStep, case: Case) -> list[Line]:
    """The lines of an invoice, in the order of the rules; their sum is what is due, and never below zero.

    FeeUndecidable names the field of the form that a rule wants, and is raised too where no rule that charges
    anything is in force: a fee that nobody has set is not the same as no fee.
    """
    lines: list[Line] = []
    rules = [each for each in settings.fees if _is_in_force(each, case)]
    if not any(isinstance(each, Charge) and not isinstance(each, LateFee) for each in rules):
        raise FeeUndecidable(NO_RULE)
    for rule in rules:
        lines += _lines_of(rule, case, lines)
    if sum(abs(line.amount) for line in lines) > MOST_SATANG:
        raise FeeUndecidable(TOO_MUCH)
    return lines


def _is_in_force(rule: Fee, case: Case) -> bool:
    return (
        (not rule.agencies or case.agency in rule.agencies)
        and (rule.valid_from is None or rule.valid_from <= case.day)
        and (rule.valid_until is None or case.day <= rule.valid_until)
    )


def _lines_of(rule: Fee, case: Case, above: Sequence[Line]) -> Iterator[Line]:
    match rule:
        case FixedFee():
            yield _line(rule, rule.amount, words.FIXED)
        case UnitFee():
            yield _per_unit(rule, _number_at(case.form, rule.field))
        case RangeFee():
            measure = _number_at(case.form, rule.field)
            yield _line(rule, _in_band(rule.bands, measure, rule.field), words.band(measure))
        case PercentFee():
            yield _percentage(rule, _number_at(case.form, rule.field))
        case TradesFee():
            yield from _trades(rule, case.form)
        case LateFee():
            yield from _late(rule, case, above)
        case Exemption():
            yield from _exempt(rule, above)


def _line(rule: Charge, amount: int, because: Text, item: Text | None = None) -> Line:
    return Line(item or rule.item, rule.revenue_code, amount, because, rule.source.law)


def _per_unit(rule: UnitFee, measure: Fraction) -> Line:
    units = max(0, -(-measure // rule.per))
    amount = _within(int(units) * rule.amount, rule.least, rule.most)
    return _line(rule, amount, words.units(int(units), rule.unit, rule.amount))


def _percentage(rule: PercentFee, baht: Fraction) -> Line:
    amount = _within(_part(max(baht, Fraction(0)) * SATANG, Fraction(rule.percent)), rule.least, rule.most)
    return _line(rule, amount, words.percentage(rule.percent))


def _trades(rule: TradesFee, form: Mapping[str, Any]) -> Iterator[Line]:
    found = _value_at(form, rule.field)
    if not isinstance(found, list) or not found:
        raise FeeUndecidable.at(rule.field, NO_RATE)
    rates = {each.trade: each for each in rule.rates}
    full = []
    for place, trade in enumerate(found):
        where = f"{rule.field}/{place}"
        named = trade.get(rule.trade) if isinstance(trade, Mapping) else None
        rate = rates.get(named) if isinstance(named, str) else None
        if rate is None:
            raise FeeUndecidable.at(f"{where}/{rule.trade}", NO_RATE)
        bands_look_at = rate.bands[0].up_to is not None
        measure = _number(trade.get(rule.measure), f"{where}/{rule.measure}") if bands_look_at else Fraction(0)
        full.append((_in_band(rate.bands, measure, f"{where}/{rule.measure}"), rate.item))
    highest = max(range(len(full)), key=lambda place: full[place][0])
    for place, (amount, item) in enumerate(full):
        if place == highest:
            yield _line(rule, amount, words.HIGHEST_TRADE, item)
        else:
            part = _part(Fraction(amount), Fraction(rule.others_percent))
            yield _line(rule, part, words.other_trade(rule.others_percent), item)


def _late(rule: LateFee, case: Case, above: Sequence[Line]) -> Iterator[Line]:
    last = _date_at(case.form, rule.field)
    if case.day <= last:
        return
    months = 1 if rule.each == "once" else _months_begun(last, case.day)
    percent = Fraction(rule.percent) * months
    if rule.most_percent is not None:
        percent = min(percent, Fraction(rule.most_percent))
    base = sum(_by_revenue(above, rule.of).values())
    yield _line(rule, _part(Fraction(base), percent), words.late(last, percent))


def _exempt(rule: Exemption, above: Sequence[Line]) -> Iterator[Line]:
    for revenue_code, base in _by_revenue(above, rule.of).items():
        off = _part(Fraction(base), Fraction(rule.percent))
        if off:
            yield Line(rule.item, revenue_code, -off, words.exempt(rule.percent), rule.source.law)


def _by_revenue(lines: Sequence[Line], of: Sequence[str]) -> dict[str, int]:
    """What is charged so far by revenue, in the order of the lines."""
    sums: dict[str, int] = {}
    for line in lines:
        if not of or line.revenue_code in of:
            sums[line.revenue_code] = sums.get(line.revenue_code, 0) + line.amount
    return sums


def _part(amount: Fraction, percent: Fraction) -> int:
    """A percentage in whole satang; half a satang counts up."""
    return int(amount * percent / 100 + Fraction(1, 2))


def _within(amount: int, least: int, most: int | None) -> int:
    return max(least, amount if most is None else min(amount, most))


def _months_begun(last: date, day: date) -> int:
    """Months after the last day in time, one that has begun counting whole."""
    months = 12 * (day.year - last.year) + day.month - last.month
    return months + (day.day > last.day) or 1


def _in_band(bands: Sequence[FeeBand], measure: Fraction, pointer: str) -> int:
    for band in bands:
        if band.up_to is None or measure <= band.up_to:
            return band.amount
    raise FeeUndecidable.at(pointer, NO_RATE)


def _number_at(form: Mapping[str, Any], pointer: str) -> Fraction:
    return _number(_value_at(form, pointer), pointer)


def _number(value: object, pointer: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise FeeUndecidable.at(pointer, NO_NUMBER)
    return Fraction(str(value))  # 0.1 is a tenth, as it was typed


def _date_at(form: Mapping[str, Any], pointer: str) -> date:
    value = _value_at(form, pointer)
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise FeeUndecidable.at(pointer, NO_DATE) from None


def _value_at(form: Mapping[str, Any], pointer: str) -> object:
    value: Any = form
    for key in pointer.removeprefix("/").split("/"):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
