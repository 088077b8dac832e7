"""The check of identity's section of a bundle: somebody must be able to reach the levels its steps demand."""

from collections.abc import Sequence
from dataclasses import dataclass

from kit.auth.levels import aal_meets, ial_meets
from kit.contracts.definition import Fault, IdentityStep, Section
from kit.contracts.text import Text


@dataclass(frozen=True)
class Reach:
    """The highest levels that a configured provider gives."""

    ial: str
    aal: str

    def meets(self, ial: str | None, aal: str | None) -> bool:
        """Tell whether the provider reaches both levels."""
        return ial_meets(self.ial, ial) and aal_meets(self.aal, aal)


def check_section(section: Section, reaches: Sequence[Reach]) -> list[Fault]:
    """Find every identity step that no configured provider can satisfy."""
    return [
        fault for step in section.steps.values() if isinstance(step, IdentityStep) for fault in _faults(step, reaches)
    ]


def _faults(step: IdentityStep, reaches: Sequence[Reach]) -> list[Fault]:
    if any(reach.meets(step.ial, step.aal) for reach in reaches):
        return []
    found = []
    if not any(ial_meets(reach.ial, step.ial) for reach in reaches):
        found.append(_fault(step.id, "ial", f"IAL {step.ial}"))
    if not any(aal_meets(reach.aal, step.aal) for reach in reaches):
        found.append(_fault(step.id, "aal", f"AAL {step.aal}"))
    return found or [_fault(step.id, "ial", f"IAL {step.ial} + AAL {step.aal}")]


def _fault(step: str, setting: str, level: str) -> Fault:
    message = Text(
        th=f"ไม่มีผู้ให้บริการยืนยันตัวตนที่ให้ระดับ {level} ได้",
        en=f"no configured identity provider reaches {level}",
    )
    return Fault(path=f"/steps/{step}/{setting}", message=message)
