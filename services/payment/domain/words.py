"""How an amount comes about, in words for the applicant."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from kit.contracts.text import Text
from kit.thai import baht, english_date, long_date

FIXED = Text(th="อัตราคงที่", en="A fixed amount")
HIGHEST_TRADE = Text(th="กิจการที่มีอัตราสูงสุด เก็บเต็มอัตรา", en="The trade with the highest fee, in full")


def band(measure: Fraction) -> Text:
    """By a band that reaches the number."""
    return Text(th=f"ตามช่วงที่ {_plain(measure)} อยู่", en=f"By the band in which {_plain(measure)} lies")


def units(count: int, unit: Text, amount: int) -> Text:
    """So many units."""
    return Text(th=f"{count:,} {unit.th} × {baht(amount)} บาท", en=f"{count:,} {unit.en} × {baht(amount)} baht")


def percentage(percent: Decimal) -> Text:
    """A part of an amount on the form."""
    return Text(th=f"ร้อยละ {percent:f} ของมูลค่า", en=f"{percent:f} per cent of the value")


def other_trade(percent: Decimal) -> Text:
    """A further trade."""
    return Text(th=f"กิจการอื่น เก็บร้อยละ {percent:f} ของอัตรา", en=f"A further trade, {percent:f} per cent of its fee")


def late(last: date, percent: Fraction) -> Text:
    """A surcharge."""
    return Text(
        th=f"ร้อยละ {_plain(percent)} เพราะพ้นกำหนดวันที่ {long_date(last)}",
        en=f"{_plain(percent)} per cent, for the last day in time was {english_date(last)}",
    )


def exempt(percent: Decimal) -> Text:
    """Something that is not charged."""
    return Text(th=f"ยกเว้นร้อยละ {percent:f}", en=f"{percent:f} per cent is not charged")


def _plain(number: Fraction) -> str:
    return f"{float(number):,.2f}".rstrip("0").rstrip(".")
