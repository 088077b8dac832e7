"""The form of a definition version: compiled once, validates, and reads Thai digits as what they mean."""

import copy
import json
import re
from functools import lru_cache
from itertools import islice
from typing import Any

import jsonschema_rs
from jsonschema_rs import ValidationError

from kit.errors import FieldError
from kit.thai import ascii_digits
from services.request.domain.faults import fault_of

MOST_FAULTS = 100
ROUNDS = 8
NO_FORM = '{"type": "object", "maxProperties": 0}'
"""Of a definition without a form: nothing is asked, so nothing is kept."""

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?", re.ASCII)
_READ_AGAIN = frozenset({"pattern", "format", "enum", "const"})


class Form:
    """A compiled form schema. ValueError when it is no schema or refers to anything outside itself."""

    def __init__(self, text: str) -> None:
        self.schema: Any = json.loads(text)
        # Without `offline` the library fetches a remote $ref over the network while compiling.
        self._validator = jsonschema_rs.validator_for(
            self.schema, validate_formats=True, ignore_unknown_formats=False, offline=True
        )

    def read(self, form: dict[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
        """The form as it is meant, and its faults.

        What the schema refuses is read once more with Thai digits as Arabic ones, and text as a number
        where a number is asked; what it accepts stays as it was typed.
        """
        for _ in range(ROUNDS):
            errors = list(islice(self._validator.iter_errors(form), MOST_FAULTS))
            repairs = [(error.instance_path, value) for error in errors if (value := _read_again(error)) is not None]
            if not repairs:
                break
            form = _replaced(form, repairs)
        return form, [fault for error in errors for fault in fault_of(self.schema, error)][:MOST_FAULTS]


@lru_cache(maxsize=256)
def form_of(text: str) -> Form:
    """The compiled form; a definition version never changes, so it is compiled once."""
    return Form(text)


def _read_again(error: ValidationError) -> str | int | float | None:
    """The value as it may have been meant, or None when there is no other reading."""
    value = error.instance
    if not isinstance(value, str):
        return None
    digits = ascii_digits(value)
    if error.kind.name == "type":
        return _as_number(digits.strip(), error.kind.as_dict()["types"])
    return digits if error.kind.name in _READ_AGAIN and digits != value else None


def _as_number(text: str, types: list[str]) -> int | float | None:
    if not {"integer", "number"} & set(types) or not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)


def _replaced(form: dict[str, Any], repairs: list[tuple[list[str | int], Any]]) -> dict[str, Any]:
    changed = copy.deepcopy(form)
    for path, value in repairs:
        holder: Any = changed
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value
    return changed
