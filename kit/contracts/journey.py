"""The routing slip: the plan of a journey and the position it has reached.

Pure language, shared by all services: which process comes next is computed here and nowhere else.
"""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from kit.contracts.codes import StepId


class Process(StrEnum):
    """The eight common processes of digital government (DGA standard), in their usual order."""

    SEARCH = "search"
    IDENTITY = "identity"
    REQUEST = "request"
    REVIEW = "review"
    APPROVAL = "approval"
    PAYMENT = "payment"
    ISSUANCE = "issuance"
    DELIVERY = "delivery"


GATES = frozenset({Process.SEARCH, Process.IDENTITY})
"""Steps passed while the person waits, at ``POST /v1/journeys``; the slip starts after them."""


class Outcome(StrEnum):
    """How a step ended: ``passed`` goes on to the next step, everything else goes to delivery."""

    PASSED = "passed"
    REFUSED = "refused"
    RETURNED = "returned"
    STRUCK_OFF = "struck_off"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    FORWARDED = "forwarded"


class Step(BaseModel):
    """One entry of a plan: a process with the id that tells two steps of the same process apart."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: StepId
    process: Process


class Slip(BaseModel):
    """Plan and position; ``position`` is the index of the step the holder of the slip works on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    plan: tuple[Step, ...]
    position: int

    @model_validator(mode="after")
    def _position_is_on_the_plan(self) -> Self:
        if not 0 <= self.position < len(self.plan):
            msg = "position is outside the plan"
            raise ValueError(msg)
        return self

    @property
    def step(self) -> Step:
        """The step at the position."""
        return self.plan[self.position]

    def next(self, outcome: Outcome) -> Step | None:
        """The step that goes on after this one, or None after delivery (the journey ends)."""
        if self.step.process is Process.DELIVERY:
            return None
        return self.plan[self.position + 1] if outcome is Outcome.PASSED else self.plan[-1]

    def at(self, step: str) -> "Slip":
        """The same plan with the position at the step of that id; ValueError when there is none."""
        for index, entry in enumerate(self.plan):
            if entry.id == step:
                return Slip(plan=self.plan, position=index)
        msg = f"the plan has no step {step!r}"
        raise ValueError(msg)


def first_step(plan: tuple[Step, ...]) -> Step:
    """The step after the gates: where the slip starts."""
    return next(step for step in plan if step.process not in GATES)


def service_level(plan: tuple[Step, ...]) -> str:
    """Service level L0–L3 by OPDC's scale: filed online, paid online, issued online end to end.

    L1: the request is filed online. L2: fees, where there are any, are paid online, and nothing is
    issued online. L3: the document is issued and delivered online. A plan without a fee skips the
    rung of paying, since there is nothing to pay (seed, section 1).
    """
    processes = {step.process for step in plan}
    if Process.REQUEST not in processes:
        return "L0"
    if Process.ISSUANCE in processes:
        return "L3"
    return "L2" if Process.PAYMENT in processes else "L1"
