"""What may be published: the shape of a bundle, its plan, whose it is and whose turn it is. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from kit.contracts.definition import Bundle, Definition, Fault, PaymentStep, files_of, plan_faults
from kit.contracts.journey import Process
from kit.contracts.text import Text
from kit.errors import Conflict, Forbidden, NotFound, Unavailable, Unprocessable
from kit.faults import model_errors, pointer

NAMING_FIELDS = ("form", "ui", "table", "template", "public_document")
"""Settings of a step that name a file of the bundle (see ``files_of``)."""


class DefinitionFaulty(Unprocessable):
    """The bundle has faults: all of them, each with its path and the service that found it."""

    code = "definition-faulty"
    title = Text(th="นิยามบริการมีข้อผิดพลาด", en="The definition has faults")

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults=[fault.model_dump(mode="json") for fault in faults])


class DefinitionNotFound(NotFound):
    """No such definition or version is published."""

    code = "definition-not-found"
    title = Text(th="ไม่พบนิยามบริการนี้", en="There is no such definition")


class DefinitionSuperseded(Conflict):
    """A newer version is in force: journeys start with that one."""

    code = "definition-superseded"
    title = Text(th="นิยามบริการรุ่นนี้ถูกแทนที่แล้ว", en="This version of the definition is superseded")

    def __init__(self, latest: str) -> None:
        detail = Text(th=f"รุ่นที่ใช้อยู่คือ {latest}", en=f"The version in force is {latest}")
        super().__init__(detail, latest=latest)


class VersionImmutable(Conflict):
    """The version is published with another text; what is published never changes."""

    code = "version-immutable"
    title = Text(th="รุ่นนี้เผยแพร่แล้วและแก้ไขไม่ได้", en="This version is published and cannot be changed")

    def __init__(self, expected: int) -> None:
        detail = Text(th=f"โปรดเผยแพร่เป็นรุ่น {expected}", en=f"Publish it as version {expected}")
        super().__init__(detail, expected=expected)


class VersionOutOfTurn(Conflict):
    """Versions are numbered without gaps."""

    code = "version-out-of-turn"
    title = Text(th="เลขรุ่นไม่ต่อเนื่อง", en="This version is not the next one")

    def __init__(self, expected: int) -> None:
        detail = Text(th=f"รุ่นถัดไปคือ {expected}", en=f"The next version is {expected}")
        super().__init__(detail, expected=expected)


class IdentifierTaken(Conflict):
    """Another agency has published under this id."""

    code = "definition-of-another-agency"
    title = Text(th="รหัสนี้เป็นของหน่วยงานอื่น", en="This id belongs to another agency")


class NotThePublisher(Forbidden):
    """Only the agency's own publisher may publish its definitions."""

    code = "not-the-publisher"
    title = Text(th="เฉพาะผู้เผยแพร่ของหน่วยงานเจ้าของบริการเท่านั้น", en="Only the agency's own publisher may do this")


class NothingToPreview(Unprocessable):
    """The definition issues no document."""

    code = "nothing-to-preview"
    title = Text(th="นิยามบริการนี้ไม่มีเอกสารที่ออก", en="This definition issues no document")


class CheckImpossible(Unavailable):
    """A service that must check its section cannot do so now; nothing was changed."""

    code = "definition-check-impossible"
    title = Text(th="ขณะนี้ตรวจนิยามบริการไม่ได้", en="The definition cannot be checked at the moment")

    def __init__(self, service: str) -> None:
        detail = Text(
            th=f"บริการ {service} ไม่ตอบ ยังไม่มีการเปลี่ยนแปลงใด ๆ",
            en=f"The service {service} does not answer; nothing was changed",
        )
        super().__init__(detail, service=service)


def parse(body: Any) -> Bundle:
    """Read a bundle from JSON; DefinitionFaulty with every fault of its shape."""
    try:
        bundle = Bundle.model_validate(body)
    except ValidationError as error:
        faults = [Fault(path=each.pointer, message=each.detail) for each in model_errors(error, body)]
        raise DefinitionFaulty(faults) from None
    if unstorable := list(_with_nul(body)):
        raise DefinitionFaulty(unstorable)
    return bundle


def _with_nul(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Fault]:
    """PostgreSQL keeps no NUL in text, and no document needs one."""
    if isinstance(value, str) and "\x00" in value:
        yield Fault(path=pointer(path), message=Text(th="มีอักขระ NUL", en="holds a NUL character"))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _with_nul(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _with_nul(each, (*path, index))


def own_faults(bundle: Bundle) -> list[Fault]:
    """What the gateway itself finds: an impossible plan, and files that are named but absent."""
    found = [*plan_faults(bundle.definition), *_absent(bundle)]
    return [each.model_copy(update={"service": "gateway"}) for each in found]


def _absent(bundle: Bundle) -> Iterator[Fault]:
    for index, step in enumerate(bundle.definition.plan):
        for name in files_of(step):
            if name not in bundle.files:
                field = next(each for each in NAMING_FIELDS if getattr(step, each, None) == name)
                yield Fault(
                    path=pointer(("definition", "plan", index, field)),
                    message=Text(th=f"ไม่มีไฟล์ {name} ในชุดนิยาม", en=f"the bundle has no file {name}"),
                )


def receipt_books(definition: Definition) -> dict[str, str]:
    """The books of receipts of a definition, by the path at which each is named."""
    return {
        f"/definition/plan/{index}/receipt_book": step.receipt_book
        for index, step in enumerate(definition.plan)
        if isinstance(step, PaymentStep)
    }


def book_taken(path: str) -> Fault:
    """Another agency's receipts are numbered in this book."""
    message = Text(th="เล่มใบเสร็จนี้เป็นของหน่วยงานอื่น", en="Another agency numbers its receipts in this book")
    return Fault(path=path, message=message, service="gateway")


def services_to_ask(definition: Definition) -> tuple[Process, ...]:
    """Who checks its section: every process of the plan, and search, which indexes every definition."""
    processes = {Process.SEARCH, *(step.process for step in definition.steps)}
    return tuple(process for process in Process if process in processes)


def rebase(fault: Fault, definition: Definition, service: str) -> Fault:
    """Turn a path into a section (``/steps/<id>/…``) into one into the bundle (``/definition/plan/<index>/…``)."""
    return fault.model_copy(update={"path": _rebased(fault.path, definition), "service": service})


def _rebased(path: str, definition: Definition) -> str:
    head, *rest = path.removeprefix("/").split("/")
    if head == "files":
        return path
    if head == "steps" and rest:
        for index, step in enumerate(definition.plan):
            if step.id == rest[0]:
                return "/".join(["/definition/plan", str(index), *rest[1:]])
    return f"/definition{path}"


def digest_of(bundle: Bundle) -> str:
    """SHA-256 of what was said, hex; what equals a default counts as unsaid, so that new settings change nothing."""
    said = bundle.model_dump(mode="json", exclude_defaults=True)
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def may_publish(kind: str, of: str | None, agency: str) -> bool:
    """Whether an officer or client (`kind`) of agency `of` publishes for `agency`; the platform's client for all."""
    return of == agency or (of in (None, "platform") and kind == "client")


def is_repeat(offered: Bundle, published: Mapping[int, str]) -> bool:
    """Whether this version stands already with the same text; Conflict when it may not be published.

    `published` maps the versions of this id to their digests.
    """
    version, expected = offered.definition.version, max(published, default=0) + 1
    if version in published:
        if published[version] == digest_of(offered):
            return True
        raise VersionImmutable(expected)
    if version != expected:
        raise VersionOutOfTurn(expected)
    return False


def count_levels(levels: Iterable[str]) -> dict[str, int]:
    """How many services stand at each level."""
    counts = dict.fromkeys(("L0", "L1", "L2", "L3"), 0)
    for level in levels:
        counts[level] += 1
    return counts
