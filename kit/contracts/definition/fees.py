"""What is to be paid: rules that are read from top to bottom, each giving lines of an invoice.

A rule may hold for some agencies only (each local body has its own ordinance) and from one day to another; the day that
counts is the day on which the application is legally received. Percentages are of the lines above.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from kit.contracts.codes import AgencyCode, Code
from kit.contracts.definition.base import Model, Satang, Source
from kit.contracts.text import Text

Pointer = Annotated[str, Field(pattern=r"^/[A-Za-z0-9_/]{1,99}$")]
"""A JSON Pointer into the form."""

Percent = Annotated[Decimal, Field(gt=0, le=1000, max_digits=6, decimal_places=2)]


class FeeRule(Model):
    """What all rules have."""

    item: Text
    source: Source
    agencies: tuple[AgencyCode, ...] = ()
    """Whose rule it is; empty: everybody's."""
    valid_from: date | None = None
    valid_until: date | None = None
    """First and last day of the rule."""


class Charge(FeeRule):
    """A rule that gives revenue."""

    revenue_code: Code


class FixedFee(Charge):
    """One amount."""

    kind: Literal["fixed"]
    amount: Satang


class UnitFee(Charge):
    """So much for each unit of a number of the form; a unit begun counts whole."""

    kind: Literal["per_unit"]
    field: Pointer
    amount: Satang
    unit: Text
    per: Annotated[int, Field(ge=1)] = 1
    """How much of the number is one unit."""
    least: Satang = 0
    most: Satang | None = None


class FeeBand(Model):
    """``up_to`` is inclusive; the last band has none."""

    up_to: int | None = None
    amount: Satang


class RangeFee(Charge):
    """An amount by a number of the form, e.g. the area in square metres."""

    kind: Literal["range"]
    field: Pointer
    bands: tuple[FeeBand, ...]


class PercentFee(Charge):
    """A part of an amount in baht that the form names."""

    kind: Literal["percentage"]
    field: Pointer
    percent: Percent
    least: Satang = 0
    most: Satang | None = None


class TradeRate(Model):
    """What one trade costs: ``trade`` is its value on the form; bands look at the trade's own measure."""

    trade: Annotated[str, Field(min_length=1, max_length=100)]
    item: Text
    bands: tuple[FeeBand, ...]


class TradesFee(Charge):
    """Several regulated trades in one place: the highest in full, of every other a part.

    ``field`` is a list of the form whose members name the trade under ``trade`` and its measure under ``measure``.
    """

    kind: Literal["trades"]
    field: Pointer
    trade: str = "trade"
    measure: str = "measure"
    rates: tuple[TradeRate, ...]
    others_percent: Annotated[Percent, Field(le=100)]


class LateFee(Charge):
    """A part of the lines above, where the application comes after a day that the form names."""

    kind: Literal["late"]
    field: Pointer
    """A date of the form: the last day in time."""
    percent: Percent
    each: Literal["once", "month"] = "once"
    """Once, or for every month begun."""
    most_percent: Percent | None = None
    of: tuple[Code, ...] = ()
    """The revenue that it is reckoned from; empty: all."""


class Exemption(FeeRule):
    """A part of the lines above that is not charged, as a rule in a window of time."""

    kind: Literal["exemption"]
    percent: Annotated[Percent, Field(le=100)]
    of: tuple[Code, ...] = ()
    """The revenue that is not charged; empty: all."""


Fee = Annotated[
    FixedFee | UnitFee | RangeFee | PercentFee | TradesFee | LateFee | Exemption, Field(discriminator="kind")
]
