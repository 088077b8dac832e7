"""The requests that are tried on one operation: from its schema, from right ones spoilt, and hostile ones.

Deterministic: the same document gives the same requests. `PAET_FUZZ_EXAMPLES` asks for more of each kind.
"""

import os
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.generation.case import Case
from schemathesis.schemas import APIOperation

from tests.fuzz import hostile
from tests.fuzz.standing import Right, Target

Operation = APIOperation[Any, Any, Any, Any]

EXAMPLES = int(os.environ.get("PAET_FUZZ_EXAMPLES", "2"))
BASE = "http://service"
NOTHING = "00000000-0000-7000-8000-000000000000"
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"}
BOTH = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
QUIET = settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
OWN_HEADERS = {"user-agent", "x-schemathesis-testcaseid", "accept-encoding", "connection", "accept"}
"""What the library puts on each request; they say nothing and change from run to run."""


@dataclass(frozen=True)
class Attempt:
    """One request as it is sent; `case` is what the schema says of it."""

    how: str
    method: str
    url: str
    headers: tuple[tuple[bytes, bytes], ...]
    content: bytes
    case: Case | None
    target: Target
    is_from_schema: bool = False
    """Whether `case` says all of it, so that its answer can be judged by that."""


def attempts_on(operation: Operation, targets: list[Target], right: list[Right], *, known: bool) -> Iterator[Attempt]:
    """Everything that is tried; each kind goes through the targets in turn.

    Of an operation that is `known` from another document nothing is drawn at random again, and one target has rubbish.
    """
    chance = random.Random(operation.label)
    everyone = targets or [Target({})]
    for number, (how, case) in enumerate(_generated(operation, () if known else BOTH)):
        target = everyone[number // 2 % len(everyone)]
        if number % 2:
            case.path_parameters = {**(case.path_parameters or {}), **_ids(operation, target)}
        yield replace(_written(how, case, target), is_from_schema=True)
    for target in everyone:
        yield from _right(operation, target, right or [Right()], chance)
        if not known or target is everyone[0]:
            yield from _hostile(
                operation, target, chance, EXAMPLES * 2 if known else max(1, EXAMPLES * 2 // len(everyone))
            )


def plain_on(operation: Operation, targets: list[Target], right: list[Right]) -> Attempt:
    """The request that would be right, for people whom it is refused."""
    target = (targets or [Target({})])[0]
    return _written("right", _case(operation, target, (right or [Right()])[0]), target)


def other_methods(path: str, documented: Iterable[str], target: Target) -> Iterator[Attempt]:
    """The methods that the document does not give to a path."""
    filled = re.sub(r"{(\w+)}", lambda found: target.ids.get(found[1], NOTHING), path)
    others = sorted(METHODS - {each.upper() for each in documented})
    for method in random.Random(path).sample(others, min(len(others), EXAMPLES)):
        yield Attempt("another method", method, f"{BASE}{filled}", (), b"", None, target)


def _generated(operation: Operation, modes: Sequence[GenerationMode]) -> Iterator[tuple[str, Case]]:
    for mode in modes:
        yield from ((f"{mode.value} example", case) for case in _drawn(operation, mode))
    config = operation.schema.config.generation
    cases = operation.schema.iter_coverage_cases(operation, generation_modes=BOTH, generation_config=config)
    found = [case for case in islice(cases, EXAMPLES * 60) if case.method == operation.method.upper()]
    yield from (("edge of the schema", case) for case in _chosen(operation, found, is_known=not modes))


def _chosen(operation: Operation, cases: list[Case], *, is_known: bool) -> list[Case]:
    """Every edge of what is allowed, each a place where code is that nothing else reaches; some of what is not."""
    allowed = [case for case in cases if case.meta and case.meta.generation.mode is GenerationMode.POSITIVE]
    others = [case for case in cases if case not in allowed]
    most = EXAMPLES if is_known else EXAMPLES * 4
    return allowed[: most * 3] + random.Random(operation.label).sample(others, min(len(others), most))


def _drawn(operation: Operation, mode: GenerationMode) -> list[Case]:
    cases: list[Case] = []

    @QUIET
    @given(case=operation.as_strategy(generation_mode=mode))
    def draw(case: Case) -> None:
        cases.append(case)

    try:
        draw()
    except Unsatisfiable:  # nothing can be wrong where nothing is taken
        assert mode is GenerationMode.NEGATIVE
    return cases


def _right(operation: Operation, target: Target, right: list[Right], chance: random.Random) -> Iterator[Attempt]:
    for each in right:
        yield _written("right", _case(operation, target, each), target)
        for _ in range(EXAMPLES - 1 if each.body is not None and not isinstance(each.body, bytes) else 0):
            body = hostile.spoilt(each.body, chance)
            spoilt = replace(each, body=body if each.media_type == "application/json" else _as_form(body))
            yield _written("right, spoilt", _case(operation, target, spoilt), target)
        for name in each.query:
            spoilt = replace(each, query={**each.query, name: chance.choice(["", "x", "9" * 40, "\ud7ff", "ก"])})
            yield _written("right, query spoilt", _case(operation, target, spoilt), target)


def _as_form(body: Any) -> Any:
    """A form is bytes, which half a surrogate pair has none of; `hostile.BODIES` has what comes nearest."""
    if not isinstance(body, dict):
        return {}
    texts = {name: value.encode("utf-8", "replace") for name, value in body.items() if isinstance(value, str)}
    return body | texts


def _case(operation: Operation, target: Target, right: Right) -> Case:
    body = {"body": right.body, "media_type": right.media_type} if right.body is not None else {}
    return operation.Case(
        path_parameters=_filled(operation, target), headers=dict(right.headers), query=dict(right.query), **body
    )


def _ids(operation: Operation, target: Target) -> dict[str, str]:
    return {each.name: target.ids[each.name] for each in operation.path_parameters if each.name in target.ids}


def _filled(operation: Operation, target: Target) -> dict[str, str]:
    nobody = {each.name: NOTHING for each in operation.path_parameters}
    return nobody | _ids(operation, target)


def _hostile(operation: Operation, target: Target, chance: random.Random, most: int) -> Iterator[Attempt]:
    plain = _written("hostile", _case(operation, target, Right()), target)
    for kind in (_bodies, _headers, _queries, _paths, _credentials):
        found = list(kind(operation, target, plain))
        yield from chance.sample(found, min(len(found), most))


def _bodies(operation: Operation, _target: Target, plain: Attempt) -> Iterator[Attempt]:
    if operation.method.upper() in ("GET", "HEAD"):
        return
    for content_type, content in hostile.BODIES:
        headers = (*_without(plain.headers, b"content-type"), (b"Content-Type", content_type.encode()))
        yield replace(plain, how=f"body {content[:20]!r} as {content_type}", content=content, headers=headers)


def _headers(_operation: Operation, _target: Target, plain: Attempt) -> Iterator[Attempt]:
    for name, value in hostile.HEADERS:
        headers = (*_without(plain.headers, name.lower()), (name, value))
        yield replace(plain, how=f"header {name!r}: {value[:40]!r}", headers=headers)


def _queries(operation: Operation, _target: Target, plain: Attempt) -> Iterator[Attempt]:
    for parameter in operation.query:
        words = hostile.CURSORS + hostile.WORDS if parameter.name == "cursor" else hostile.WORDS
        for word in words:
            yield replace(plain, how="hostile query", url=f"{plain.url}?{parameter.name}={word}")
    yield replace(plain, how="hostile query", url=f"{plain.url}?%FF=%FF&&=&x%5B%5D=1&limit=1&limit=2")


def _paths(operation: Operation, target: Target, plain: Attempt) -> Iterator[Attempt]:
    ids = _filled(operation, target)
    for name in ids:
        for word in hostile.WORDS:
            path = operation.path.replace("{" + name + "}", word).format(**ids)
            yield replace(plain, how="hostile path", url=f"{BASE}{path}")


def _credentials(_operation: Operation, _target: Target, plain: Attempt) -> Iterator[Attempt]:
    for value in hostile.CREDENTIALS:
        headers = (*plain.headers, (b"Authorization", value))
        yield replace(plain, how=f"credentials {value[:20]!r}", headers=headers)


def _without(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[tuple[bytes, bytes]]:
    return [each for each in headers if each[0].lower() != name]


def _written(how: str, case: Case, target: Target) -> Attempt:
    """As the bytes of a request."""
    sent = requests.Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
    content = sent.body if isinstance(sent.body, bytes) else (sent.body or "").encode()
    headers = _bytes({name: value for name, value in sent.headers.items() if name.lower() not in OWN_HEADERS})
    return Attempt(how, str(sent.method), str(sent.url), headers, content, case, target)


def _bytes(headers: Mapping[str, str | bytes]) -> tuple[tuple[bytes, bytes], ...]:
    def encoded(text: str | bytes) -> bytes:
        return text if isinstance(text, bytes) else text.encode("latin-1", "replace")

    return tuple((encoded(name), encoded(value)) for name, value in headers.items() if name.lower() != "content-length")
