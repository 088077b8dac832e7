"""The check of issuance's section of a bundle: every fault at once, never raising."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from kit.contracts.claims import ApplicationClaim, PersonClaim, Receipt
from kit.contracts.definition import Fault, IssuanceStep, Section
from kit.contracts.journey import Process
from kit.contracts.text import Text
from services.issuance.domain import numbering
from services.issuance.domain.content import Basis, Decision, Registered, data_of
from services.issuance.domain.form import FormSchema
from services.issuance.domain.public import path_of

Compile = Callable[[str, Mapping[str, Any]], list[str]]
"""Composes a template with data and lists what goes wrong; nothing when all is well."""

_DECIDERS = (Process.REVIEW, Process.APPROVAL)
_NUMBER = re.compile(r"\.number\b")
_QR = re.compile(r"qr\.svg|\bqr-block\b|\bverification\b")
_FOREGROUND = re.compile(r"\bforeground\s*:")
_SOME_ID = UUID("018f0000-0000-7000-8000-000000000000")
_SOME_DAY = date(2026, 11, 22)
SAMPLE_TIME = datetime(2026, 11, 22, 3, tzinfo=UTC)
_MOST = 1500


def check_section(section: Section, compile_template: Compile) -> list[Fault]:
    """Find every fault of the issuance steps: who decides, the template, the fields made public."""
    return [fault for step in section.steps.values() for fault in _step_faults(section, step, compile_template)]


def _step_faults(section: Section, step: Any, compile_template: Compile) -> Iterator[Fault]:
    if not isinstance(step, IssuanceStep):
        yield _fault(f"/steps/{step.id}", "ไม่ใช่ขั้นตอนออกเอกสาร", "is not an issuance step")
        return
    if not any(process in _DECIDERS for process in before(section, step.id)):
        yield _fault(f"/steps/{step.id}", "ไม่มีผู้พิจารณาก่อนออกเอกสาร", "nobody decides before the document is issued")
    yield from _public_faults(section, step)
    if step.life.suspension is not None and section.appeal is None:
        yield _fault("/appeal", "คำสั่งพักใช้ต้องแจ้งสิทธิอุทธรณ์: เพิ่ม appeal", "a suspension must name the right to appeal")
    if step.template in section.files:
        yield from _template_faults(section, step, compile_template)
    else:
        yield _fault(
            f"/steps/{step.id}/template",
            f"ไม่มีไฟล์ {step.template} ในชุดนิยาม",
            f"there is no file {step.template} in the bundle",
        )


def before(section: Section, step: str) -> list[Process]:
    """The processes of the plan before a step, in order."""
    ids = [each.id for each in section.plan]
    return [each.process for each in section.plan[: ids.index(step) if step in ids else 0]]


def _public_faults(section: Section, step: IssuanceStep) -> Iterator[Fault]:
    schema = FormSchema(section.form)
    for index, field in enumerate(step.public_fields):
        at = f"/steps/{step.id}/public_fields/{index}"
        path = path_of(field)
        if not path:
            yield _fault(at, "ต้องระบุชื่อช่อง", "must name a field")
        elif not schema.at(path):
            yield _fault(at, f"แบบคำขอไม่มีช่อง {field[:100]}", f"the form has no field {field[:100]}")
        elif schema.is_group(path):
            yield _fault(at, "ต้องระบุช่องเดียว ไม่ใช่กลุ่มข้อมูล", "must name a single field, not a group of fields")


def _template_faults(section: Section, step: IssuanceStep, compile_template: Compile) -> Iterator[Fault]:
    template = section.files[step.template]
    at = f"/files/{step.template.replace('~', '~0').replace('/', '~1')}"
    if not _NUMBER.search(template):
        yield _fault(at, "เอกสารต้องแสดงเลขที่: data.number", "the document must show its number: data.number")
    if not _QR.search(template):
        yield _fault(
            at,
            "เอกสารต้องมีคิวอาร์สำหรับตรวจสอบ: verification(…) หรือ qr-block(…)",
            "the document must have its QR code: verification(…) or qr-block(…)",
        )
    if _FOREGROUND.search(template):
        yield _fault(
            at,
            "foreground ของหน้าสงวนไว้สำหรับตราประทับใบแทน",
            "the foreground of a page is kept for the stamp of a substitute",
        )
    told: list[str] = []
    for whole in (True, False):
        for fault in compile_template(template, sample_data(section, step, template, whole=whole)):
            if fault not in told:
                told.append(fault)
                words = f"แม่แบบใช้ไม่ได้: {fault[:_MOST]}", f"the template does not compile: {fault[:_MOST]}"
                yield _fault(at, *words)


def sample_data(section: Section, step: IssuanceStep, template: str, *, whole: bool) -> dict[str, Any]:
    """What the template would get: of a form with every field, or with the required ones and little else."""
    entry = Registered(
        number=numbering.number_text(step.series, 2569, 1),
        uuid=_SOME_ID,
        oid=numbering.oid_of(step.oid, section.agency, step.document_type),
        issued_on=_SOME_DAY,
        valid_until=numbering.last_valid_day(_SOME_DAY, step.validity.months),
        verify_url="https://example.go.th/verify/7ZQ4M9XK2P8RT6WVB3NYH5DCEG0SJFA1QK",
    )
    return data_of(section, step, template, entry, _sample_basis(section, step, whole))


def _sample_basis(section: Section, step: IssuanceStep, whole: bool) -> Basis:
    application = ApplicationClaim(
        journey=_SOME_ID, application=_SOME_ID, number=f"{section.agency}-SAMPLE-69-000001",
        definition=section.definition, agency=section.agency, person=_SOME_ID,
        form=FormSchema(section.form).sample(whole=whole), email=None, language="th", submitted_at=SAMPLE_TIME,
        legally_received_at=SAMPLE_TIME, is_open=True,
    )  # fmt: skip
    person = PersonClaim(
        person=_SOME_ID, name_th="นายตัวอย่าง ทดสอบ", name_en="Mr Sample Test" if whole else None,
        pid_masked="x-xxxx-xxxxx-01-8", pid="1234567890121", birthdate="1990-01-31" if whole else None,
        address="๑ ถนนตัวอย่าง กรุงเทพมหานคร" if whole else None,
    )  # fmt: skip
    processes = before(section, step.id)
    is_approved = Process.APPROVAL in processes
    decision = Decision(
        id=_SOME_ID, by="approval" if is_approved else "review", digest="0" * 64, decided_at=SAMPLE_TIME,
        authority=Text(th="ผู้มีอำนาจ", en="The authority") if is_approved else None,
        rule="ข้อ ๑" if whole else None, facts="ข้อเท็จจริง", law="ข้อกฎหมาย", considerations="เหตุผล",
    )  # fmt: skip
    receipt = Receipt(number="SAMPLE-2569-000001", amount_satang=100_000, paid_at=SAMPLE_TIME, step="payment")
    return Basis(application, person, decision, (receipt,) * processes.count(Process.PAYMENT))


def _fault(path: str, th: str, en: str) -> Fault:
    return Fault(path=path, message=Text(th=th, en=en))
