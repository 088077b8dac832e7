"""What a definition may say of its delivery."""

from collections.abc import Mapping, Sequence

from kit.contracts.definition import DeliveryStep, Fault, Section, StepBase
from kit.contracts.journey import Process
from kit.contracts.text import Text
from services.delivery.domain.wording import KINDS

CONTENT_TYPES: Mapping[str, str] = {
    ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
}


def check_section(section: Section) -> Sequence[Fault]:
    """A public document must be in the bundle, of a kind that can be served; a ladder must lead somewhere."""
    faults = []
    for step in section.steps.values():
        faults += _ladder_faults(step)
        name = getattr(step, "public_document", None)
        if name is None:
            continue
        path = f"/steps/{step.id}/public_document"
        if name not in section.files:
            faults.append(_fault(path, "ไม่พบไฟล์ในชุดนิยาม", "the bundle has no such file"))
        elif content_type(name) is None:
            faults.append(_fault(path, "ชนิดไฟล์นี้เผยแพร่ไม่ได้", "files of this kind cannot be delivered"))
    if Process.ISSUANCE not in {step.process for step in section.plan} and section.kind == "information":
        faults += _informs(section)
    return faults


def _ladder_faults(step: StepBase) -> list[Fault]:
    """Every rung but the last has its time, no channel comes twice, and the kinds of notice exist."""
    ladder = step.ladder or () if isinstance(step, DeliveryStep) else ()
    faults: list[Fault] = []
    before: set[str] = set()
    for index, rung in enumerate(ladder):
        path = f"/steps/{step.id}/ladder/{index}"
        if rung.within is None and index < len(ladder) - 1:
            faults.append(_fault(f"{path}/within", "ต้องระบุเวลาของช่องทางนี้", "a rung but the last needs its time"))
        if rung.channel in before:
            faults.append(_fault(f"{path}/channel", "ช่องทางนี้ซ้ำ", "the channel comes twice"))
        before.add(rung.channel)
        strange = [place for place, kind in enumerate(rung.notices) if kind not in KINDS]
        faults += [
            _fault(f"{path}/notices/{place}", "ไม่มีหนังสือแจ้งชนิดนี้", "there is no such kind of notice") for place in strange
        ]
    return faults


def _informs(section: Section) -> list[Fault]:
    if any(getattr(step, "public_document", None) for step in section.steps.values()):
        return []
    step = section.plan[-1].id
    return [
        _fault(
            f"/steps/{step}/public_document",
            "บริการข้อมูลต้องระบุเอกสาร",
            "a service that informs names its document",
        )
    ]


def _fault(path: str, th: str, en: str) -> Fault:
    return Fault(path=path, message=Text(th=th, en=en))


def content_type(name: str) -> str | None:
    """The content type of a public document by its ending; None when it cannot be served."""
    return next((kind for ending, kind in CONTENT_TYPES.items() if name.endswith(ending)), None)
