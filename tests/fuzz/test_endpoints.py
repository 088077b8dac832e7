"""Whatever is sent to any endpoint, in any role: an answer as documented, or a refusal that stores nothing.

`PAET_FUZZ_EXAMPLES=100 make test ARGS="tests/fuzz"` tries more than the few of every run.
"""

import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from itertools import chain, cycle

import pytest

from kit.auth import endpoints_of
from kit.contracts.journey import Process
from kit.local.doubles import running
from kit.local.doubles.thaid import create_app
from kit.local.ports import free_port
from services.issuance.domain import wallets
from tests.authorisation.matrix import PARTS, Row, rows_of
from tests.authorisation.test_matrix import shape
from tests.fuzz.attempts import EXAMPLES, Attempt, Operation, attempts_on, other_methods, plain_on
from tests.fuzz.callers import admitted, strangers
from tests.fuzz.documents import NOT_DOCUMENTED, document_of, operations_of
from tests.fuzz.standing import Right, Target
from tests.fuzz.suite import Part, behind, ledger_of, part
from tests.fuzz.trial import Trial
from tests.identity.conftest import CALLBACK, CLIENT, ThaiD

pytestmark = [
    pytest.mark.timeout(300 + 60 * EXAMPLES),
    # A file part that breaks off is left to the collector by the parser of forms; it never leaves the memory.
    pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning"),
]

CHECK = "/internal/definitions/check"
"""One endpoint of the kit in every service; what is right there differs, what its schema says does not."""

SPENT = frozenset({"identity sign_in", "identity authentication"})
ENDED = frozenset({"identity session"})
TYPED = frozenset({"issuance credential_offer"})
KEPT = {
    "GET /sign-in/callback": SPENT,  # a state is good for one answer, whatever it is; who was refused is logged
    "GET /v1/sign-in/callback": SPENT,
    "POST /token": ENDED,  # a refresh token or a code that comes again ends the session
    "POST /v1/token": ENDED,
    "POST /issuers/{agency}/token": TYPED,  # a wrong transaction code is counted
    "POST /v1/issuers/{agency}/token": TYPED,
}
"""What a refused call does store, by design."""


class Watched:
    """A part under trial, with everything that stands behind it."""

    def __init__(self, it: Part, services: dict[str, Part], trial: Trial) -> None:
        self.it = it
        self.services = services
        self.trial = trial
        self.operations = operations_of(document_of(it.harness))
        self._rows = {(row.method, shape(row.path)): row for row in rows_of(it.name)}

    def row(self, operation: Operation) -> Row:
        """Whom the operation admits."""
        return self._rows[operation.method.upper(), shape(operation.path)]

    def owner(self, row: Row) -> Part:
        """Whose operation it is: of the part itself, or of the service behind it."""
        return self.services[row.service] if row.service else self.it

    def targets(self, operation: Operation) -> list[Target]:
        """What the operation may be asked about."""
        names = {each.name for each in operation.path_parameters}
        return [each for each in self.owner(self.row(operation)).standing.targets if names <= each.ids.keys()]

    def right(self, operation: Operation) -> list[Right]:
        """Requests that would be right."""
        row = self.row(operation)
        known = {(method, shape(path)): each for (method, path), each in self.owner(row).standing.right.items()}
        path = row.path.removeprefix("/v1") if row.service else row.path
        return known.get((row.method, shape(path)), [])


@pytest.fixture
async def thaid(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ThaiD]:
    """The double, whose codes outlive a long run."""
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    registered = {"client_id": CLIENT[0], "client_secret": CLIENT[1], "redirect_uris": [CALLBACK]}
    with running(create_app(issuer=url, code_seconds=86_400, **registered), port):
        double = ThaiD(url)
        yield double
        await double.http.aclose()


@pytest.fixture(autouse=True)
def patient_issuers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What wallets are given outlives a long run, too."""
    monkeypatch.setattr(wallets, "NONCE_LIFE_S", 86_400)
    monkeypatch.setattr(wallets, "OFFER_LIFE", timedelta(days=1))


@asynccontextmanager
async def watched(name, servers, folder, thaid) -> AsyncIterator[Watched]:
    """A service alone; the gateway with the real eight behind it, and all their databases watched."""
    names = [*Process, "gateway"] if name == "gateway" else [name]
    async with AsyncExitStack() as stack:
        parts = {
            str(each): await stack.enter_async_context(part(str(each), servers, folder / each, thaid)) for each in names
        }
        it = parts.pop(name)
        if parts:
            await stack.enter_async_context(behind(it, parts))
        yield Watched(it, parts, Trial(it.harness, await ledger_of(it, *parts.values()), KEPT))


@pytest.mark.req("X5")
@pytest.mark.parametrize("name", PARTS)
async def test_whatever_is_asked_is_answered_as_documented_or_refused_and_then_nothing_is_stored(
    name, servers, tmp_path, thaid
):
    async with watched(name, servers, tmp_path, thaid) as under:
        wrong = [
            found
            for operation in under.operations
            for how in (as_admitted, as_strangers)
            for found in await how(under, operation)
        ]
        wrong += await by_other_methods(under)
        wrong += await at_what_is_not_documented(under)
        wrong += list(not_tried(under))
    gc.collect()
    assert not wrong, f"{len(wrong)} findings\n" + "\n".join(wrong[:40])


async def as_admitted(under: Watched, operation: Operation) -> list[str]:
    """As those who may ask, in turn."""
    row, wrong = under.row(operation), []
    is_shared = row.path == CHECK and under.it.name != Process.SEARCH
    known = EXAMPLES < 20 and (row.service is not None or is_shared)
    sessions = under.owner(row).standing.sessions
    attempts = attempts_on(operation, under.targets(operation), under.right(operation), known=known)
    for number, attempt in enumerate(attempts):
        everyone = admitted(under.it.harness, row, attempt.target)
        if "citizen" in row.allow:
            everyone += [under.it.harness.bearer("citizen", person, sid=sid) for person, sid in sessions]
        for who in everyone if attempt.how == "right" else [everyone[number % len(everyone)]]:
            wrong += await under.trial.run(operation.label, attempt, who)
    return wrong


async def as_strangers(under: Watched, operation: Operation) -> list[str]:
    """As nobody, and as those who may not."""
    attempt = plain_on(operation, under.targets(operation), under.right(operation))
    everyone = list(strangers(under.it.harness, under.row(operation)).values())
    most = 1 if EXAMPLES < 20 and under.row(operation).service else EXAMPLES  # the service behind was asked by itself
    chosen = everyone[:1] + everyone[1 :: max(1, len(everyone) // most)]
    wrong = [await under.trial.run(operation.label, attempt, who, is_stranger=True) for who in chosen]
    return list(chain.from_iterable(wrong))


async def by_other_methods(under: Watched) -> list[str]:
    """With methods that are not documented: refused."""
    documented: dict[str, list[Operation]] = {}
    for operation in under.operations:
        documented.setdefault(operation.path, []).append(operation)
    wrong = []
    for path, operations in documented.items():
        target = next(iter(under.targets(operations[0])), Target({}))
        for attempt in other_methods(path, [each.method for each in operations], target):
            who = admitted(under.it.harness, under.row(operations[0]), target)[0]
            wrong += await under.trial.run(f"{attempt.method} {path}", attempt, who, is_stranger=True)
    return wrong


async def at_what_is_not_documented(under: Watched) -> list[str]:
    """At what a process says of itself, with headers and queries of every kind."""
    operation = next(each for each in under.operations if not each.path_parameters)
    sent = [each for each in attempts_on(operation, [], [], known=True) if "header" in each.how or "query" in each.how]
    wrong = []
    for path, attempt in zip(chain.from_iterable([path] * 3 for path in sorted(NOT_DOCUMENTED)), cycle(sent)):
        url = f"http://service{path}?{attempt.url.partition('?')[2]}"
        asked = Attempt(attempt.how, "GET", url, attempt.headers, b"", None, attempt.target)
        wrong += await under.trial.run(f"GET {path}", asked, {})
    return wrong


def takes_something(operation: Operation) -> bool:
    """Whether there is anything that could be wrong about a request."""
    return any(operation.iter_parameters()) or bool(operation.body)


def not_tried(under: Watched) -> Iterator[str]:
    """Every endpoint of the code was tried, and answered both ways: nothing hides behind a refusal of all."""
    code = {(each.method, shape(each.path)) for each in endpoints_of(under.it.harness.app) if each.method != "HEAD"}
    tried = {(each.method.upper(), shape(each.path)) for each in under.operations}
    yield from (f"not in the document: {each}" for each in code - tried - {("GET", path) for path in NOT_DOCUMENTED})
    for operation in under.operations:
        if not under.trial.met[operation.label, "2xx"]:
            yield f"{operation.label}: no request was accepted"
        if takes_something(operation) and not under.trial.met[operation.label, "4xx"]:
            yield f"{operation.label}: no request was refused"
