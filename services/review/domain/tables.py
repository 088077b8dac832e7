"""Decision tables of a review step (JDM): the strict shape that is accepted, and what a row says about a form.

Tables only: a node with a function or code, a table that lets form values through, or a text computed from
them is refused. Pure: evaluates in memory, never opens a file or a connection.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile
from typing import Annotated, Any, Literal

import jsonschema_rs
import zen
from pydantic import BaseModel, Field

REASONS = ("facts", "law", "considerations")
OUTPUTS = frozenset({"outcome", *REASONS})
_NOT_SAID = '""'


class Outcome(StrEnum):
    """What a row of a table says; ``error`` marks the last row, which catches what no rule foresaw."""

    PASS = "pass"  # noqa: S105 - the word of the table
    REFUSE = "refuse"
    OFFICER = "officer"
    ERROR = "error"


class _Column(BaseModel):
    id: str = Field(min_length=1)
    name: str = ""
    field: str


class Content(BaseModel):
    """The table itself. ``passThrough`` would let a form value pose as the outcome."""

    hitPolicy: Literal["first"]  # noqa: N815 - JDM's own word
    passThrough: Literal[False] = False  # noqa: N815
    executionMode: Literal["single"] = "single"  # noqa: N815
    inputField: Literal["", None] = None  # noqa: N815
    outputPath: Literal["", None] = None  # noqa: N815
    inputs: list[_Column]
    outputs: list[_Column]
    rules: list[dict[str, str]] = Field(min_length=1)


class _NoSchema(BaseModel):
    """JDM may hide a schema in the ends of a graph; the form's own schema is the one that counts."""

    schema_: Literal["", None] = Field(default=None, alias="schema")


class _End(BaseModel):
    id: str
    type: Literal["inputNode", "outputNode"]
    content: _NoSchema | None = None


class _TableNode(BaseModel):
    id: str
    type: Literal["decisionTableNode"]
    content: Content


class _Edge(BaseModel):
    sourceId: str  # noqa: N815
    targetId: str  # noqa: N815


_Node = Annotated[_End | _TableNode, Field(discriminator="type")]


class Graph(BaseModel):
    """A JDM document: input → one table → output, and no other node."""

    nodes: list[_Node]
    edges: list[_Edge]

    @property
    def table(self) -> Content | None:
        """The one table, or None when there are none or several."""
        found = [node.content for node in self.nodes if isinstance(node, _TableNode)]
        return found[0] if len(found) == 1 else None

    @property
    def is_straight(self) -> bool:
        """Whether it is input → table → output and nothing else."""
        if [node.type for node in self.nodes] != ["inputNode", "decisionTableNode", "outputNode"]:
            return False
        first, table, last = (node.id for node in self.nodes)
        edges = sorted((edge.sourceId, edge.targetId) for edge in self.edges)
        return edges == sorted([(first, table), (table, last)])


@dataclass(frozen=True)
class Row:
    """One rule: its id, what it says, and its reasons (empty where it gives none)."""

    id: str
    outcome: Outcome
    facts: str = ""
    law: str = ""
    considerations: str = ""

    @property
    def is_reasoned(self) -> bool:
        """Whether it gives all that an order must state (APA39 s.37)."""
        return all((self.facts, self.law, self.considerations))


@dataclass(frozen=True)
class Finding:
    """What came of a table: the row that fits, or why there is none (a code for the officer)."""

    row: Row | None
    reason: str | None


def literal(cell: str) -> str | None:
    """The text of an output cell, which must be a quoted literal; None when it is not."""
    try:
        value = json.loads(cell)
    except ValueError:
        return None
    return value.strip() if isinstance(value, str) else None


def row_of(table: Content, rule: dict[str, str]) -> Row:
    """Read one rule; ValueError when an output is no literal or the outcome is unknown."""
    said = {column.field: literal(rule.get(column.id) or _NOT_SAID) for column in table.outputs}
    if None in said.values():
        raise ValueError("an output is not a literal")
    texts = {name: said.get(name) or "" for name in REASONS}
    return Row(id=rule["_id"], outcome=Outcome(said.get("outcome") or ""), **texts)


class Table:
    """A table ready to run; ValueError or RuntimeError when it cannot be."""

    def __init__(self, source: str) -> None:
        table = Graph.model_validate_json(source).table
        if table is None:
            raise ValueError("not one table")
        self.inputs = tuple(column.field for column in table.inputs)
        self._rows = {rule["_id"]: row_of(table, rule) for rule in table.rules}
        self._cells = {
            rule["_id"]: [(column.field, rule.get(column.id, "").strip()) for column in table.inputs]
            for rule in table.rules
        }
        self._compiled = {
            name: [(field.split("."), zen.compile_unary_expression(cell)) for field, cell in cells if cell]
            for name, cells in self._cells.items()
        }
        self._decision = zen.ZenEngine().create_decision(zen.ZenDecisionContent(source))

    def find(self, form: dict[str, Any]) -> Finding:
        """The first row that fits the form; the form is already valid by its schema."""
        try:
            answer = self._decision.evaluate(form, {"trace": True})
        except RuntimeError:
            return Finding(None, "table-failed")
        hits = [node["traceData"] for node in answer["trace"].values() if node["traceData"]]
        row = self._rows.get(hits[0]["rule"].get("_id", "")) if len(hits) == 1 else None
        if row is None:
            return Finding(None, "no-row")
        if row.outcome in (Outcome.ERROR, Outcome.OFFICER):
            return Finding(row, "error-row" if row.outcome is Outcome.ERROR else "row-says-officer")
        return Finding(row, "condition-failed" if self._passed_over_in_doubt(row.id, form) else None)

    def _passed_over_in_doubt(self, hit: str, form: dict[str, Any]) -> bool:
        """Whether a row before the hit was passed over because its condition failed, not because it is false.

        The engine says nothing when it compares with a value that is not there.
        """
        earlier = takewhile(lambda name: name != hit, self._compiled)
        return any(_is_in_doubt(self._compiled[name], form) for name in earlier)

    def conditions(self, rule: str) -> list[tuple[str, str]]:
        """Field and condition of each input of a row, for people to read; an empty one fits everything."""
        return list(self._cells.get(rule, ()))


def _is_in_doubt(conditions: Sequence[tuple[list[str], Any]], form: dict[str, Any]) -> bool:
    for path, condition in conditions:
        value: Any = form
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        try:
            if not condition.evaluate({**form, "$": value}):
                return False
        except RuntimeError:
            return True
    return False


@lru_cache(maxsize=256)
def table_of(source: str) -> Table:
    """Compile a table once; a definition version never changes, so its text is the key."""
    return Table(source)


@lru_cache(maxsize=256)
def validator_of(schema: str) -> Any:
    """Compile the schema of a form once; ValueError when it is none or refers to another place."""
    try:
        return jsonschema_rs.validator_for(json.loads(schema), validate_formats=True, offline=True)
    except RecursionError:
        raise ValueError("too deep") from None


def examine(source: str, schema: str | None, form: dict[str, Any]) -> Finding:
    """Run a table on a form, after the schema: on wrong types a table falls through without a word."""
    try:
        is_valid = schema is None or validator_of(schema).is_valid(form)
    except ValueError:
        is_valid = False
    return table_of(source).find(form) if is_valid else Finding(None, "form-invalid")
