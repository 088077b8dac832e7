"""The declaration of one government service: what an agency writes in ``definition.yaml``.

Pure models: the gateway checks the shape, each service checks the meaning of its own section. Every
legal value carries its source and a mark of confidence, so that nobody takes a default for law.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kit.contracts.codes import AAL, IAL, AgencyCode, Code, DefinitionId, DefinitionRef
from kit.contracts.journey import GATES, Process, Slip, Step, first_step, service_level
from kit.contracts.text import Text

Satang = Annotated[int, Field(ge=0, le=10**13)]
"""Money: integer satang (1 baht = 100 satang)."""

FileName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._/-]{0,99}$")]
"""A file of the bundle, relative to ``definition.yaml``."""


class Model(BaseModel):
    """Frozen, and strict about unknown keys: a misspelt setting is a fault, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Model):
    """Where a legal value comes from, and how sure we are of it.

    Marks: C confirmed in the primary text, C2 second-hand, K general knowledge (verify before
    production), D the agency's or the platform's own design.
    """

    law: Text
    section: str | None = None
    mark: Literal["C", "C2", "K", "D"]


class Duration(Model):
    """A legal or promised period with its own unit."""

    amount: Annotated[int, Field(ge=1, le=3650)]
    unit: Literal["minutes", "hours", "working_days", "calendar_days"]
    source: Source


class Periods(Model):
    """How long the agency may take: the manual's promise and the Act's limit; the earlier counts."""

    manual: Duration
    act: Duration | None = None


class Appeal(Model):
    """The right to appeal that every refusal must name (APA39 s.40)."""

    days: Annotated[int, Field(ge=1, le=365)]
    authority: Text
    how: Text
    source: Source


# ── the public manual (คู่มือสำหรับประชาชน, LFA58 s.7) ─────────────────────────────────────────────


class ManualStep(Model):
    """One row of "steps, time and responsible unit"."""

    title: Text
    unit: Text
    duration: Duration | None = None


class ManualDocument(Model):
    """One row of "documents required"; ``issued_by_state`` ones are fetched, not asked."""

    name: Text
    issued_by_state: bool = False
    condition: Text | None = None
    source: Source | None = None


class ManualFee(Model):
    """One row of "fees", for people to read; the rule that counts is the payment step's."""

    item: Text
    amount: Text
    source: Source


class Channel(Model):
    """An announced channel (EGOV65 s.20) with its hours."""

    kind: Code
    place: Text
    hours: Text


class Contact(Model):
    """Where to ask or complain."""

    name: Text
    telephone: str | None = None
    url: str | None = None


class Manual(Model):
    """The public manual record, in the order of info.go.th."""

    summary: Text
    category: Code
    laws: tuple[Source, ...] = ()
    criteria: Text
    channels: tuple[Channel, ...]
    steps: tuple[ManualStep, ...]
    documents: tuple[ManualDocument, ...] = ()
    fees: tuple[ManualFee, ...] = ()
    responsible_unit: Text
    complaints: tuple[Contact, ...] = ()
    disclaimer: Text
    answer_time: Duration


# ── the steps of a plan, each with the settings of its process ───────────────────────────────────


class StepBase(Model):
    """Every step has an id, unique in the plan."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class SearchStep(StepBase):
    """Gate: the service is found. Topics, and everyday words people search with."""

    process: Literal[Process.SEARCH]
    topics: tuple[Code, ...]
    keywords: tuple[str, ...] = ()


class IdentityStep(StepBase):
    """Gate: the assurance that the following steps need (มรด. 1-2:2564)."""

    process: Literal[Process.IDENTITY]
    ial: IAL
    aal: AAL
    source: Source


class RequestStep(StepBase):
    """The form and how the application is numbered."""

    process: Literal[Process.REQUEST]
    form: FileName | None = None
    ui: FileName | None = None
    legal_form_code: str | None = None
    number_prefix: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,12}$")]
    responsible_unit: Text
    title_field: str | None = None


class ReviewStep(StepBase):
    """How an application is looked at: a decision table, an officer's queue, or both in that order.

    ``table`` is a JDM decision table whose result ``outcome`` is ``pass``, ``refuse`` or
    ``officer``; an empty ``table`` means that an officer looks at every case.
    """

    process: Literal[Process.REVIEW]
    table: FileName | None = None
    unit: Code
    priority: Annotated[int, Field(ge=0, le=9)] = 5


class AutomaticApproval(Model):
    """Leave to decide without a person, under a named rule of a named authority."""

    rule: Text
    authority: Text
    order: str
    source: Source


class ApprovalStep(StepBase):
    """Who decides: an approver other than the reviewer, or a named automatic rule."""

    process: Literal[Process.APPROVAL]
    unit: Code
    authority: Text
    automatic: AutomaticApproval | None = None


class FixedFee(Model):
    """One amount."""

    kind: Literal["fixed"]
    item: Text
    revenue_code: Code
    amount: Satang
    source: Source


class FeeBand(Model):
    """``up_to`` is inclusive; the last band has none."""

    up_to: int | None = None
    amount: Satang


class RangeFee(Model):
    """An amount by a number of the form, e.g. the area in square metres."""

    kind: Literal["range"]
    item: Text
    revenue_code: Code
    field: Annotated[str, Field(pattern=r"^/[A-Za-z0-9_/]{1,99}$")]
    bands: tuple[FeeBand, ...]
    source: Source


Fee = Annotated[FixedFee | RangeFee, Field(discriminator="kind")]


class PaymentStep(StepBase):
    """What is to be paid at this point, and for how long the invoice stands."""

    process: Literal[Process.PAYMENT]
    fees: tuple[Fee, ...]
    due: Duration
    biller_id: Annotated[str, Field(pattern=r"^[0-9]{15}$")]
    receipt_book: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,12}$")]


class Validity(Model):
    """How long the document holds; None months means without end."""

    months: Annotated[int, Field(ge=1, le=1200)] | None = None
    source: Source


class IssuanceStep(StepBase):
    """The document: template, series of numbers, what the public register shows of it."""

    process: Literal[Process.ISSUANCE]
    title: Text
    template: FileName
    series: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,12}$")]
    document_type: Code
    oid: Annotated[str, Field(pattern=r"^[0-2](\.[0-9]+)+$")] | None = None
    validity: Validity
    signer: Text
    signer_position: Text
    public_fields: tuple[str, ...] = ()


class DeliveryStep(StepBase):
    """How the result reaches the applicant; ``public_document`` for services that inform."""

    process: Literal[Process.DELIVERY]
    channels: tuple[Literal["inbox", "email"], ...] = ("inbox", "email")
    public_document: FileName | None = None


PlanStep = Annotated[
    SearchStep
    | IdentityStep
    | RequestStep
    | ReviewStep
    | ApprovalStep
    | PaymentStep
    | IssuanceStep
    | DeliveryStep,
    Field(discriminator="process"),
]


class Definition(Model):
    """One version of one government service; immutable once published."""

    id: DefinitionId
    version: Annotated[int, Field(ge=1, le=999_999)]
    agency: Annotated[AgencyCode, Field(pattern=r"^[0-9]{8}$")]
    agency_name: Text
    title: Text
    kind: Literal["information", "licence", "notification", "registration", "certificate", "complaint"]
    periods: Periods
    appeal: Appeal | None = None
    manual: Manual
    plan: Annotated[tuple[PlanStep, ...], Field(min_length=2, max_length=30)]
    notes: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """``id@version``."""
        return f"{self.id}@{self.version}"

    @property
    def steps(self) -> tuple[Step, ...]:
        """The plan without its settings: what a routing slip carries."""
        return tuple(Step(id=step.id, process=Process(step.process)) for step in self.plan)

    @property
    def level(self) -> str:
        """Service level L0–L3, computed from the plan."""
        return service_level(self.steps)


def plan_faults(definition: Definition) -> list["Fault"]:
    """Everything that makes the plan of a definition unlawful or impossible to run."""
    return [Fault(path="/definition/plan", message=message) for message in _plan_faults(definition)]


def _plan_faults(definition: Definition) -> list[Text]:
    ids = [step.id for step in definition.plan]
    order = [Process(step.process) for step in definition.plan]
    gates = [process for process in order if process in GATES]
    work = [process for process in order if process not in GATES]
    faults = []
    if len(set(ids)) != len(ids):
        faults.append(Text(th="ทุกขั้นตอนต้องมีรหัสของตนเอง", en="every step of the plan needs an id of its own"))
    if order[: len(gates)] != gates:
        faults.append(
            Text(
                th="ขั้นตอนสืบค้นและยืนยันตัวตนต้องอยู่ก่อนขั้นตอนอื่น",
                en="search and identity are gates: they stand before every other step",
            )
        )
    if order.count(Process.REQUEST) != 1 or work[:1] != [Process.REQUEST]:
        faults.append(
            Text(
                th="ต้องมีขั้นตอนคำขอเพียงหนึ่งเดียว และเป็นขั้นตอนแรกหลังการสืบค้นและยืนยันตัวตน",
                en="the plan has exactly one request step, the first after the gates",
            )
        )
    if order[-1] is not Process.DELIVERY or order.count(Process.DELIVERY) != 1:
        faults.append(
            Text(th="แผนต้องจบด้วยขั้นตอนจัดส่งเพียงหนึ่งเดียว", en="the plan ends in its one delivery step")
        )
    return faults + _decision_faults(definition, order)


def _decision_faults(definition: Definition, order: list[Process]) -> list[Text]:
    faults = []
    decided = {Process.REVIEW, Process.APPROVAL} & set(order)
    if Process.ISSUANCE in order and not decided:
        faults.append(
            Text(
                th="มีการออกเอกสารแต่ไม่มีผู้พิจารณา: เพิ่มขั้นตอนตรวจสอบหรืออนุมัติ",
                en="something is issued, but nobody decides: add review or approval",
            )
        )
    if decided and definition.appeal is None:
        faults.append(
            Text(
                th="เมื่อมีการพิจารณา คำสั่งไม่อนุมัติต้องแจ้งสิทธิอุทธรณ์: เพิ่ม appeal",
                en="where someone decides, a refusal must name the right to appeal: add appeal",
            )
        )
    if Process.APPROVAL in order and Process.REVIEW not in order[: order.index(Process.APPROVAL)]:
        faults.append(Text(th="ขั้นตอนอนุมัติต้องอยู่หลังการตรวจสอบ", en="approval stands after a review"))
    if decided and Process.IDENTITY not in order:
        faults.append(
            Text(
                th="การพิจารณาเกี่ยวกับบุคคลต้องมีขั้นตอนยืนยันตัวตน",
                en="a decision about somebody needs an identity step",
            )
        )
    single = (Process.SEARCH, Process.IDENTITY, Process.REVIEW, Process.APPROVAL, Process.ISSUANCE)
    faults += [
        Text(th=f"มีขั้นตอน {process} มากกว่าหนึ่ง", en=f"more than one {process} step")
        for process in single
        if order.count(process) > 1
    ]
    return faults


class Bundle(Model):
    """What is published: the definition with the text of the files that it names."""

    definition: Definition
    files: dict[FileName, Annotated[str, Field(max_length=400_000)]] = {}


class Section(Model):
    """What one service gets of a definition: the header, its own steps and the files they name."""

    definition: DefinitionRef
    agency: AgencyCode
    agency_name: Text
    title: Text
    kind: str
    level: str
    periods: Periods
    appeal: Appeal | None
    plan: tuple[Step, ...]
    steps: dict[str, PlanStep]
    files: dict[str, str] = {}
    manual: Manual | None = None
    form: str | None = None
    """JSON Schema of the application form, for the services that read single fields of it."""

    def slip(self) -> Slip:
        """The slip of a new journey: at the first step after the gates."""
        return Slip(plan=self.plan, position=0).at(first_step(self.plan).id)

    def settings(self, step: str) -> Any:
        """The settings of a step of this service."""
        return self.steps[step]

    @property
    def has_approval(self) -> bool:
        """Whether somebody decides after review."""
        return any(step.process is Process.APPROVAL for step in self.plan)


class Fault(Model):
    """One thing wrong with a bundle: a JSON pointer into it, and what is wrong."""

    path: str
    message: Text
    service: str | None = None


def files_of(step: StepBase) -> list[str]:
    """The names of bundle files that a step refers to."""
    names = ("form", "ui", "table", "template", "public_document")
    return [value for name in names if (value := getattr(step, name, None))]


def section_for(bundle: Bundle, process: Process) -> Section:
    """Cut out what one service needs of a bundle; only search gets the manual."""
    definition = bundle.definition
    steps = {step.id: step for step in definition.plan if step.process is process}
    names = [name for step in steps.values() for name in files_of(step)]
    return Section(
        definition=definition.ref,
        agency=definition.agency,
        agency_name=definition.agency_name,
        title=definition.title,
        kind=definition.kind,
        level=definition.level,
        periods=definition.periods,
        appeal=definition.appeal,
        plan=definition.steps,
        steps=steps,
        files={name: bundle.files[name] for name in names if name in bundle.files},
        manual=definition.manual if process is Process.SEARCH else None,
        form=_form_of(bundle) if process in READERS_OF_THE_FORM else None,
    )


READERS_OF_THE_FORM = frozenset({Process.REVIEW, Process.PAYMENT, Process.ISSUANCE})


def _form_of(bundle: Bundle) -> str | None:
    names = [step.form for step in bundle.definition.plan if isinstance(step, RequestStep) and step.form]
    return bundle.files.get(names[0]) if names else None
