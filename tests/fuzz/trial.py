"""Tries requests on a part and says what is wrong with the answers, and with what is stored after them."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import requests
from schemathesis.checks import CheckFunction
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks

from kit.errors import TYPE_PREFIX
from kit.problems import MEDIA_TYPE
from kit.testing import Harness
from tests.fuzz.attempts import Attempt
from tests.fuzz.stored import Ledger

SECONDS = 120
CONFORMANCE: list[CheckFunction] = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
THAI = re.compile("[ก-๙]")


class Trial:
    """Requests to one part, one after the other; every one meets what stood there at first."""

    def __init__(self, harness: Harness, ledger: Ledger, kept: Mapping[str, frozenset[str]]) -> None:
        self.harness = harness
        self.ledger = ledger
        self.kept = kept
        self.met: Counter[tuple[str, str]] = Counter()

    async def run(
        self, label: str, attempt: Attempt, who: Mapping[str, str], *, is_stranger: bool = False
    ) -> list[str]:
        """Send it, and undo what it changed; what is wrong, each with the request that shows it."""
        language = ("th", "en")[sum(self.met.values()) % 2]
        answer = await self._sent(attempt, who, language)
        self.met[label, f"{answer.status_code // 100}xx"] += 1
        changes = await self.ledger.changes()
        wrong = [*_wrong(answer, attempt, language, is_stranger=is_stranger)]
        if answer.status_code >= 400 and (stored := changes - self.kept.get(label, frozenset())):
            wrong.append(f"stored by a refused call: {sorted(stored)}")
        await self.ledger.put_back(changes)
        return [f"{label}: {each}\n    {_shown(attempt)}\n    → {_told(answer)}" for each in wrong]

    async def _sent(self, attempt: Attempt, who: Mapping[str, str], language: str) -> httpx.Response:
        headers = [(name.encode(), value.encode()) for name, value in who.items()]
        headers = [each for each in headers if not _has(attempt.headers, each[0])] + list(attempt.headers)
        if not _has(attempt.headers, b"accept-language"):
            headers.append((b"Accept-Language", language.encode()))
        client = self.harness.client
        request = client.build_request(attempt.method, attempt.url, headers=headers, content=attempt.content or None)
        async with asyncio.timeout(SECONDS):
            return await client.send(request)


def _has(headers: tuple[tuple[bytes, bytes], ...], name: bytes) -> bool:
    return any(each.lower() == name.lower() for each, _ in headers)


def _wrong(answer: httpx.Response, attempt: Attempt, language: str, *, is_stranger: bool) -> Iterator[str]:
    if answer.status_code >= 500:
        yield f"{answer.status_code}"
    if is_stranger and answer.status_code < 400:
        yield "a stranger was let in"
    kind = answer.headers.get("content-type", "")
    if answer.status_code >= 400 and kind == MEDIA_TYPE:
        asked = None if _has(attempt.headers, b"accept-language") else language
        yield from _wrong_problem(answer, asked)
    elif answer.status_code >= 400 and not kind.startswith(("text/html", "application/json")):
        # Pages, and what wallets read: where they are documented is judged below.
        yield f"a refusal in {kind!r}"
    yield from _unlike_the_schema(answer, attempt)


def _wrong_problem(answer: httpx.Response, language: str | None) -> Iterator[str]:
    try:
        body = json.loads(answer.content)
    except ValueError:
        yield "the problem is no JSON"
        return
    if not str(body.get("type", "")).startswith(TYPE_PREFIX):
        yield f"type {body.get('type')!r}"
    if body.get("status") != answer.status_code:
        yield f"status {body.get('status')!r} in a {answer.status_code}"
    said = answer.headers.get("content-language")
    if said not in ("th", "en") or (language and said != language):
        yield f"Content-Language {said!r} where {language!r} is asked"
    titles = [body.get("title"), body.get("detail"), *(each.get("detail") for each in body.get("errors", ()))]
    for text in titles:
        if text is not None and bool(THAI.search(text)) != (said == "th"):
            yield f"in {said}: {text!r}"


def _unlike_the_schema(answer: httpx.Response, attempt: Attempt) -> Iterator[str]:
    if attempt.case is None:
        return
    expected = list(CONFORMANCE)
    is_form = attempt.case.media_type == "multipart/form-data"  # where a number is text, too
    if answer.status_code < 400 and attempt.is_from_schema and not is_form:
        expected.append(checks.negative_data_rejection)
    try:
        attempt.case.validate_response(_response(answer, attempt), checks=expected)
    except FailureGroup as group:
        for each in group.exceptions:
            yield f"{each.title}: {str(each)[:300]}" if isinstance(each, Failure) else repr(each)
    except Failure as failure:
        yield f"{failure.title}: {str(failure)[:300]}"


def _response(answer: httpx.Response, attempt: Attempt) -> Response:
    url = attempt.url if attempt.is_from_schema else "http://service/"
    request = requests.Request(attempt.method, url, data=attempt.content).prepare()
    for name, value in attempt.headers if attempt.is_from_schema else ():
        request.headers[name.decode("latin-1")] = value.decode("latin-1")
    headers = {name: answer.headers.get_list(name) for name in answer.headers}
    return Response(answer.status_code, headers, answer.content, request, elapsed=0.0, verify=True)


def _shown(attempt: Attempt) -> str:
    headers = {name.decode("latin-1"): value[:80] for name, value in attempt.headers}
    return f"{attempt.how}: {attempt.method} {attempt.url[:300]} {headers} {attempt.content[:300]!r}"


def _told(answer: httpx.Response) -> str:
    told: Any = answer.content[:300].decode("utf-8", "replace")
    return f"{answer.status_code} {answer.headers.get('content-type')} {told}"
