"""What every part of a definition is made of: money, sources of law, periods, the right to appeal."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kit.contracts.text import Text

Satang = Annotated[int, Field(ge=0, le=10**13)]
"""Money: integer satang (1 baht = 100 satang)."""

FileName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._/-]{0,99}$")]
"""A file of the bundle, relative to ``definition.yaml``."""


LONGEST = 400_000
"""Characters of a text; a file of a bundle has as many."""


class Model(BaseModel):
    """Frozen, and strict about unknown keys: a misspelt setting is a fault, never ignored."""

    # Text is looked at only where it has a bound: half a surrogate pair can be written in JSON and stored nowhere.
    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=LONGEST)


class Source(Model):
    """Where a legal value comes from, and how sure we are of it.

    Marks: C confirmed in the primary text, C2 second-hand, K general knowledge (verify before
    production), D the agency's or the platform's own design.
    """

    law: Text
    section: str | None = None
    mark: Literal["C", "C2", "K", "D"]

    @property
    def named(self) -> Text:
        """The law with its section, as it is cited."""
        if self.section is None:
            return self.law
        return Text(th=f"{self.law.th} มาตรา {self.section}", en=f"{self.law.en}, section {self.section}")


class Duration(Model):
    """A legal or promised period with its own unit."""

    amount: Annotated[int, Field(ge=1, le=3650)]
    unit: Literal["minutes", "hours", "working_days", "calendar_days"]
    source: Source


class DelayNotices(Model):
    """How often an applicant is told that the decision is late, and why: from the end of its time until it is made."""

    every_days: Annotated[int, Field(ge=1, le=365)]
    source: Source


EVERY_SEVEN_DAYS = DelayNotices(
    every_days=7,
    source=Source(
        law=Text(
            th="พระราชบัญญัติการอำนวยความสะดวกในการพิจารณาอนุญาตของทางราชการ พ.ศ. 2558",
            en="Licensing Facilitation Act B.E. 2558 (2015)",
        ),
        section="10",
        mark="C2",
    ),
)


class Periods(Model):
    """How long the agency may take: the manual's promise and the Act's limit; the earlier counts."""

    manual: Duration
    act: Duration | None = None
    late: DelayNotices = EVERY_SEVEN_DAYS


class Appeal(Model):
    """The right to appeal that every refusal must name (APA39 s.40)."""

    days: Annotated[int, Field(ge=1, le=365)]
    authority: Text
    how: Text
    source: Source
