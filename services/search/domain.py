"""The catalogue's rules: which version stands in it, what a complete manual is, what every answer must say. Pure."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from kit.contracts.definition import Duration, Fault, Manual, SearchStep, Section
from kit.contracts.journey import Process
from kit.contracts.text import Text
from kit.errors import NotFound


class UnknownService(NotFound):
    """No published definition has that id."""

    code = "service-not-found"
    title = Text(th="ไม่พบบริการนี้", en="There is no such service")


class Notice(BaseModel):
    """What every answer must carry: disclaimer, conditions and the answer time (seed 6.1, ต้อง)."""

    model_config = ConfigDict(frozen=True)

    disclaimer: Text
    conditions: Text
    answer_time: Duration


class Entry(BaseModel):
    """One service in the catalogue: the newest version that is published."""

    model_config = ConfigDict(frozen=True)

    id: str
    version: int
    topics: tuple[str, ...]
    keywords: tuple[str, ...]
    section: Section

    @property
    def manual(self) -> Manual:
        """The public manual; search gets it with every section."""
        assert self.section.manual is not None  # noqa: S101 - entry_of has seen it
        return self.section.manual

    @property
    def notice(self) -> Notice:
        """What the manual says of its own answers."""
        manual = self.manual
        return Notice(disclaimer=manual.disclaimer, conditions=manual.criteria, answer_time=manual.answer_time)


def entry_of(section: Section) -> Entry:
    """The entry of a published definition; ValueError without a manual.

    A plan without a search step is found all the same, under the category of its manual.
    """
    if section.manual is None:
        raise ValueError("a section of search has the manual")
    steps = [step for step in section.steps.values() if isinstance(step, SearchStep)]
    identifier, _, version = section.definition.partition("@")
    return Entry(
        id=identifier,
        version=int(version),
        topics=tuple(dict.fromkeys(topic for step in steps for topic in step.topics)) or (section.manual.category,),
        keywords=tuple(dict.fromkeys(word for step in steps for word in step.keywords)),
        section=section,
    )


def check_section(section: Section) -> list[Fault]:
    """Find every fault: topics to browse by, and a manual with all that LFA58 s.7 wants people to know."""
    return [*_step_faults(section), *_manual_faults(section)]


def _step_faults(section: Section) -> Iterator[Fault]:
    for step in section.steps.values():
        if not isinstance(step, SearchStep):
            yield _fault(f"/steps/{step.id}", "ไม่ใช่ขั้นตอนสืบค้น", "is not a search step")
        elif not step.topics:
            yield _fault(f"/steps/{step.id}/topics", "ต้องมีอย่างน้อยหนึ่งหัวข้อ", "needs a topic to be browsed by")
        elif any(not word.strip() for word in step.keywords):
            yield _fault(f"/steps/{step.id}/keywords", "มีคำค้นว่างเปล่า", "has an empty keyword")


def _manual_faults(section: Section) -> Iterator[Fault]:
    manual = section.manual
    if manual is None:
        yield _fault("/manual", "ไม่มีคู่มือสำหรับประชาชน", "the public manual is missing")
        return
    wanted = (
        ("channels", manual.channels, "ช่องทางให้บริการ", "channel"),
        ("steps", manual.steps, "ขั้นตอน", "step"),
        ("complaints", manual.complaints, "ช่องทางร้องเรียน", "contact for complaints"),
    )
    for name, rows, th, en in wanted:
        if not rows:
            yield _fault(f"/manual/{name}", f"ต้องมี{th}อย่างน้อยหนึ่งรายการ", f"needs at least one {en}")
    if section.appeal is not None and not manual.laws:
        yield _fault("/manual/laws", "ต้องระบุกฎหมายที่ให้อำนาจพิจารณา", "needs the law under which somebody decides")
    if not manual.fees and any(step.process is Process.PAYMENT for step in section.plan):
        yield _fault("/manual/fees", "ต้องแจ้งค่าธรรมเนียมที่เรียกเก็บ", "needs the fees that the plan charges")


def _fault(path: str, th: str, en: str) -> Fault:
    return Fault(path=path, message=Text(th=th, en=en))
