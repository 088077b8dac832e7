"""What may be told of an exception outside its process: its kind and its place, never its words.

The text of an exception may quote what people typed: a statement's parameters, the failing row, the input of a model.
"""

import traceback
from pathlib import Path

from pydantic import ValidationError

from kit.errors import Problem

FRAMES = 4


def gist(error: BaseException) -> str:
    """Kind, code and cause on one line: ``IntegrityError (23505) from UniqueViolationError at commands.py:120``."""
    cause = error.__cause__
    parts = [type(error).__name__, _code(error), f"from {type(cause).__name__}" if cause else "", _place(error)]
    return " ".join(part for part in parts if part)


def places(error: BaseException) -> list[str]:
    """Where it was raised, the innermost last: file, line and function."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _code(error: BaseException) -> str:
    if isinstance(error, ValidationError):
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        return "(" + ", ".join(f"{'/'.join(map(str, each['loc']))}: {each['type']}" for each in faults[:5]) + ")"
    if isinstance(error, Problem):
        return f"({error.code})"
    state = getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
    return f"({state})" if state else ""


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
