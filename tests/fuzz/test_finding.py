"""What the trial is there to find is found: faults planted in a small service on a real database."""

from typing import Annotated
from uuid import uuid4

import pytest
from fastapi import Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import insert, update

from kit.auth import allow
from kit.clock import clock
from kit.contracts.text import Text
from kit.database import SECTION, TOMBSTONE
from kit.errors import Conflict
from tests.fuzz.attempts import attempts_on, plain_on
from tests.fuzz.documents import operations_of
from tests.fuzz.standing import Right
from tests.fuzz.stored import Ledger, Stored
from tests.fuzz.trial import Trial


class Found(BaseModel):
    number: int


class Late(Conflict):
    code = "late"


def raising(n: Annotated[int, Query()]) -> Found:
    """Fails for what its schema allows."""
    return Found(number=10 // n)


async def storing(request: Request, n: Annotated[int, Query()]) -> Found:
    """Refuses, and has stored all the same."""
    row = {"journey_id": uuid4(), "reason": str(n), "closed_at": clock.now()}
    async with request.app.state.kit.database.transaction() as session:
        await session.execute(insert(TOMBSTONE).values(row))
    raise Late


async def touching(request: Request, n: Annotated[int, Query()]) -> Found:
    """Refuses, and has written the same value again."""
    async with request.app.state.kit.database.transaction() as session:
        await session.execute(update(SECTION).values(body=SECTION.c.body))
    raise Late


async def filing(request: Request, n: Annotated[int, Query()]) -> Found:
    """Refuses, and has left a file."""
    (request.app.state.files / f"{uuid4()}.pdf").write_bytes(b"x")
    raise Late


async def undocumented(n: Annotated[int, Query()]) -> Response:
    """Answers what its document does not say."""
    return JSONResponse({"number": n}, 202)


async def lying(n: Annotated[int, Query()]) -> Found:
    """Answers in another shape than its document says."""
    return JSONResponse({"numbers": n})  # type: ignore[return-value]


async def in_one_language(n: Annotated[int, Query()]) -> Found:
    """Refuses in English whatever is asked for."""
    raise Conflict(Text(th="too late", en="too late"))


async def in_plain_words(n: Annotated[int, Query()]) -> Response:
    """Refuses without a problem."""
    return Response("no", 409, media_type="text/plain")


def sound(n: Annotated[int, Query()]) -> Found:
    """Has no fault."""
    return Found(number=n)


PLANTED = {
    raising: ": 500",
    storing: "stored by a refused call: ['delivery tombstone']",
    touching: "stored by a refused call: ['delivery section']",
    filing: "stored by a refused call: ['delivery file ",
    undocumented: "Undocumented status code",
    lying: "Response violates schema",
    in_one_language: "in th: 'too late'",
    in_plain_words: "a refusal in 'text/plain",
}


@pytest.fixture
async def planted(harness_of, tmp_path):
    """A service with the faults in it: what is said of each, by its name."""
    folder = tmp_path / "files"
    folder.mkdir()
    async with harness_of("delivery", role="api", smtp_port=9, smtp_tls=False) as harness:
        for fault in (*PLANTED, sound):
            harness.app.add_api_route(f"/planted/{fault.__name__}", fault, dependencies=[Depends(allow("anyone"))])
        harness.app.state.files = folder
        async with harness.kit.database.transaction() as session:
            await session.execute(insert(SECTION).values(definition="x@1", body={}))
        stored = await Stored.of(harness.kit.settings.secret_of("database_url"), folder)
        ledger = Ledger({"delivery": stored})
        await ledger.start()
        operations = operations_of(harness.app.openapi())
        yield Trial(harness, ledger, {}), {each.path.rpartition("/")[2]: each for each in operations}
        await stored.close()


async def test_every_planted_fault_is_found_and_a_sound_endpoint_has_none(planted):
    trial, operations = planted
    found = {}
    for fault in (*PLANTED, sound):
        operation = operations[fault.__name__]
        attempts = list(attempts_on(operation, [], [Right(query={"n": "0"})], known=False))
        found[fault] = [each for attempt in attempts for each in await trial.run(operation.label, attempt, {})]
    assert found.pop(sound) == []
    assert {fault.__name__: words for fault, words in PLANTED.items() if words not in "".join(found[fault])} == {}


async def test_a_stranger_who_is_let_in_is_found(planted):
    trial, operations = planted
    attempt = plain_on(operations["sound"], [], [Right(query={"n": "1"})])
    (wrong,) = await trial.run("sound", attempt, {}, is_stranger=True)
    assert "a stranger was let in" in wrong
