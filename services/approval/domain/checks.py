"""Every fault of approval's section of a definition, found at once and before it is published. Pure."""

from kit.contracts.definition import ApprovalStep, Fault, Section
from kit.contracts.text import Text


def check_section(section: Section) -> list[Fault]:
    """Find everything wrong with the approval steps of a section; paths are JSON pointers into it."""
    faults = []
    steps = {name: step for name, step in section.steps.items() if isinstance(step, ApprovalStep)}
    if steps and section.appeal is None:
        faults.append(
            _fault("/appeal", "คำสั่งไม่อนุมัติต้องแจ้งสิทธิอุทธรณ์: เพิ่ม appeal", "a refusal must name the right to appeal")
        )
    for name, step in steps.items():
        if step.automatic is not None and not step.automatic.order.strip():
            faults.append(
                _fault(
                    f"/steps/{name}/automatic/order",
                    "การอนุมัติอัตโนมัติต้องอ้างเลขที่คำสั่งที่ให้อำนาจ",
                    "automatic approval names the order that permits it",
                )
            )
    return faults


def _fault(path: str, th: str, en: str) -> Fault:
    return Fault(path=path, message=Text(th=th, en=en))
