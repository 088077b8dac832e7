"""Every fault of review's section of a definition, found at once and before it is published. Pure."""

from collections.abc import Iterator

import zen
from pydantic import ValidationError

from kit.contracts.definition import Fault, ReviewStep, Section
from kit.contracts.text import Text
from services.review.domain.fields import has_field, schema_of
from services.review.domain.tables import (
    OUTPUTS,
    REASONS,
    Content,
    Graph,
    Outcome,
    Table,
    literal,
    row_of,
)

NODE_KINDS = frozenset({"inputNode", "outputNode", "decisionTableNode"})


def check_section(section: Section) -> list[Fault]:
    """Find everything wrong with the review steps of a section; paths are JSON pointers into it."""
    faults: list[Fault] = []
    for name, step in section.steps.items():
        if isinstance(step, ReviewStep) and step.table is not None:
            faults += _check_table(section, name, step.table)
    if section.steps and not section.has_approval and section.appeal is None:
        faults.append(
            _fault(
                "/appeal",
                "แผนไม่มีขั้นตอนอนุมัติ ผู้ตรวจสอบเป็นผู้ออกคำสั่ง จึงต้องมี appeal",
                "without an approval step the reviewer decides, and a refusal must name the right to appeal",
            )
        )
    return faults


def _check_table(section: Section, step: str, name: str) -> list[Fault]:
    source = section.files.get(name)
    if source is None:
        return [_fault(f"/steps/{step}/table", f"ไม่มีแฟ้ม {name} ในชุดนิยาม", f"the bundle has no file {name}")]
    path = f"/files/{_escape(name)}"
    try:
        graph = Graph.model_validate_json(source)
    except ValidationError as error:
        return [_misshapen(path, each["loc"], each["msg"]) for each in error.errors()]
    table = graph.table
    if table is None or not graph.is_straight:
        return [
            _fault(
                f"{path}/nodes",
                "ต้องเป็น input → ตารางตัดสินใจหนึ่งตาราง → output เท่านั้น",
                "must be input → one decision table → output, and nothing else",
            )
        ]
    at = f"{path}/nodes/1/content"
    faults = [*_columns(at, table), *_inputs(at, table, section.form), *_rules(at, table)]
    return faults or _compiled(path, source)


def _misshapen(path: str, place: tuple[int | str, ...], said: str) -> Fault:
    pointer = "".join(f"/{_escape(str(part))}" for part in place if part not in NODE_KINDS)
    return _fault(path + pointer, f"ไม่ใช่รูปแบบของตารางตัดสินใจที่รับได้ ({said})", f"not a table we accept: {said}")


def _compiled(path: str, source: str) -> list[Fault]:
    try:
        Table(source)
    except (ValueError, RuntimeError) as error:
        said = str(error).partition("\n")[0]
        return [_fault(path, f"ตารางใช้งานไม่ได้ ({said})", f"the table does not compile: {said}")]
    return []


def _columns(at: str, table: Content) -> Iterator[Fault]:
    ids = [column.id for column in (*table.inputs, *table.outputs)]
    if len(set(ids)) != len(ids) or any(each.startswith("_") for each in ids):
        yield _fault(at, "รหัสคอลัมน์ซ้ำกันหรือขึ้นต้นด้วย _", "column ids repeat, or begin with _")
    fields = [column.field for column in table.outputs]
    for index, name in enumerate(fields):
        if name not in OUTPUTS or name in fields[:index]:
            known = ", ".join(sorted(OUTPUTS))
            where = f"{at}/outputs/{index}/field"
            yield _fault(where, f"ผลลัพธ์ต้องเป็น {known} อย่างละหนึ่ง", f"an output is one of {known}, each once")
    if "outcome" not in fields:
        yield _fault(f"{at}/outputs", "ต้องมีคอลัมน์ outcome", "there is no column outcome")


def _inputs(at: str, table: Content, form: str | None) -> Iterator[Fault]:
    schema = schema_of(form)
    for index, column in enumerate(table.inputs):
        if not has_field(schema, column.field.split(".")):
            yield _fault(
                f"{at}/inputs/{index}/field",
                f"แบบคำขอไม่มีช่อง {column.field}",
                f"the form has no field {column.field}",
            )


def _rules(at: str, table: Content) -> Iterator[Fault]:
    ids = [rule.get("_id", "") for rule in table.rules]
    for index, rule in enumerate(table.rules):
        where = f"{at}/rules/{index}"
        if not ids[index] or ids[index] in ids[:index]:
            yield _fault(f"{where}/_id", "ทุกแถวต้องมีรหัส _id ที่ไม่ซ้ำกัน", "every row needs an _id of its own")
        yield from _cells(where, table, rule)
        yield from _said(where, table, rule)
    yield from _last(f"{at}/rules/{len(table.rules) - 1}", table)


def _cells(where: str, table: Content, rule: dict[str, str]) -> Iterator[Fault]:
    columns = {column.id for column in (*table.inputs, *table.outputs)}
    for name in rule:
        if name not in columns and not name.startswith("_"):
            yield _fault(f"{where}/{_escape(name)}", "ไม่มีคอลัมน์นี้", "there is no such column")
    for column in table.inputs:
        cell = rule.get(column.id, "").strip()
        if cell and (said := _unreadable(cell)):
            yield _fault(f"{where}/{_escape(column.id)}", f"เงื่อนไขอ่านไม่ได้ ({said})", f"not a condition: {said}")


def _unreadable(cell: str) -> str | None:
    """What is wrong with a condition; the library's own validate function knows no unary operators."""
    try:
        zen.compile_unary_expression(cell)
    except RuntimeError as error:
        return str(error).partition("\n")[0]
    return None


def _said(where: str, table: Content, rule: dict[str, str]) -> Iterator[Fault]:
    """Outputs are literals: a text computed from the form could say anything."""
    for column in table.outputs:
        cell = rule.get(column.id, "")
        if column.field == "outcome" and literal(cell) not in set(Outcome):
            known = ", ".join(Outcome)
            yield _fault(f"{where}/{_escape(column.id)}", f"ผลต้องเป็น {known}", f"the outcome is one of {known}")
        elif cell.strip() and literal(cell) is None:
            yield _fault(f"{where}/{_escape(column.id)}", "ต้องเป็นข้อความในเครื่องหมายคำพูด", "must be a quoted text")
    try:
        row = row_of(table, {"_id": "", **rule})
    except ValueError:
        return
    if row.outcome is Outcome.REFUSE and not row.is_reasoned:
        missing = ", ".join(name for name in REASONS if not getattr(row, name))
        yield _fault(where, f"แถวที่ไม่อนุมัติต้องมี {missing}", f"a row that refuses must give {missing}")


def _last(where: str, table: Content) -> Iterator[Fault]:
    rule = table.rules[-1]
    is_open = not any(rule.get(column.id, "").strip() for column in table.inputs)
    outcome = next((literal(rule.get(column.id, "")) for column in table.outputs if column.field == "outcome"), None)
    if not is_open or outcome not in (Outcome.ERROR, Outcome.OFFICER):
        yield _fault(
            where,
            "แถวสุดท้ายต้องไม่มีเงื่อนไข และให้ผล error หรือ officer",
            "the last row has no condition and says error or officer: it catches what no rule foresaw",
        )


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _fault(path: str, th: str, en: str) -> Fault:
    return Fault(path=path, message=Text(th=th, en=en))
