"""The telling of validation faults, apart from HTTP."""

from datetime import datetime
from typing import Annotated, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from kit.faults import MOST, model_errors, pointer


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    at: AwareDatetime


class Zoo(BaseModel):
    animals: list[Annotated[Cat | Dog, Field(discriminator="kind")]] = []
    names: dict[str, str] = {}
    code: str = Field("x", pattern="^[a-z]+$")
    when: datetime | None = None


def told(body: object) -> set[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        Zoo.model_validate(body)
    return {(each.pointer, each.code) for each in model_errors(caught.value, body)}


def test_pointer_leads_through_what_was_sent_not_through_pydantics_unions():
    body = {"animals": [{"kind": "cat"}, {"kind": "dog", "at": "2026-01-01T00:00:00"}, {"kind": "cow"}, {}, 3]}
    assert told(body) == {
        ("/animals/0/lives", "required"),
        ("/animals/1/at", "wrong-type"),
        ("/animals/2", "invalid"),
        ("/animals/3", "invalid"),
        ("/animals/4", "wrong-type"),
    }


def test_each_kind_of_fault_has_its_code():
    assert told({"code": "A1", "names": {"a": 1, "b": None}, "when": "soon"}) == {
        ("/code", "wrong-format"),
        ("/names/a", "wrong-type"),
        ("/names/b", "wrong-type"),
        ("/when", "wrong-type"),
    }
    assert told("nothing") == {("", "wrong-type")}
    assert told({"code": "\ud800"}) == {("/code", "wrong-format")}


def test_there_is_an_end_to_the_list():
    body = {"animals": [1] * (MOST + 50)}
    with pytest.raises(ValidationError) as caught:
        Zoo.model_validate(body)
    assert len(model_errors(caught.value, body)) == MOST


def test_pointer_escapes():
    assert pointer(["a/b", 0, "~"]) == "/a~1b/0/~0"
    assert pointer([]) == ""
