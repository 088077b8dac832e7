"""What every fact is, and the catalogue in which each stands by its type."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from kit.contracts.journey import Outcome, Slip

CATALOGUE: dict[str, type["Fact"]] = {}
"""CloudEvents type → class of every fact."""


class Fact(BaseModel):
    """Something that happened. Subclasses name their source and themselves; past tense."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: ClassVar[str]
    name: ClassVar[str]
    version: ClassVar[int] = 1
    closes: ClassVar[bool] = False
    """Whether the journey is closed by it: nothing new is opened for the journey afterwards."""

    @classmethod
    def type(cls) -> str:
        """CloudEvents ``type``, e.g. ``paet.review.recommended.v1``."""
        return f"paet.{cls.source}.{cls.name}.v{cls.version}"

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "name" in cls.__dict__:
            CATALOGUE[cls.type()] = cls


class HandOver(Fact):
    """Ends a step and names the next one; every hand-over has this one shape."""

    slip: Slip
    outcome: Outcome
