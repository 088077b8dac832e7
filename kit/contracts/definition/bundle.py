"""A definition, the bundle that publishes it, and the section of it that one service gets."""

from typing import Annotated, Any, Literal

from pydantic import Field

from kit.contracts.codes import AgencyCode, DefinitionId, DefinitionRef
from kit.contracts.definition.base import LONGEST, Appeal, FileName, Model, Periods
from kit.contracts.definition.manual import Manual
from kit.contracts.definition.steps import PlanStep, RequestStep, StepBase
from kit.contracts.journey import Process, Slip, Step, first_step, service_level
from kit.contracts.text import Text


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


class Bundle(Model):
    """What is published: the definition with the text of the files that it names."""

    definition: Definition
    files: dict[FileName, Annotated[str, Field(max_length=LONGEST)]] = Field(default_factory=dict)


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
    files: dict[str, str] = Field(default_factory=dict)
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
