"""Every endpoint × ownership × agency: what is not one's own answers as if it did not exist."""

import json
from types import SimpleNamespace
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from kit.testing import AGENCY
from tests.authorisation.conftest import process
from tests.authorisation.matrix import OTHER_AGENCY, PARTS, Row, ask, rows_of
from tests.authorisation.objects import OWNED, OWNED_BY_PATH, WITHOUT_PERSON, WORKED, WORKED_BY_PATH, Thing

pytestmark = pytest.mark.req("Y1", part="ownership and agency")


def judged_here(part: str, kind: str) -> list[Row]:
    """The rows whose ownership or agency this process judges itself."""
    return [row for row in rows_of(part) if getattr(row, kind) and row.service is None]


@pytest.fixture(scope="module", params=PARTS)
async def part(request, servers, tmp_path_factory):
    if not judged_here(request.param, "owner") + judged_here(request.param, "agency"):
        yield None
        return
    async with process(request.param, servers, tmp_path_factory.mktemp(request.param)) as harness:
        yield harness


def test_whoever_has_such_rows_has_things_to_ask_for():
    assert {part for part in PARTS if judged_here(part, "owner")} == OWNED.keys()
    assert {part for part in PARTS if judged_here(part, "agency")} == WORKED.keys()


async def test_a_citizen_meets_only_what_is_the_citizens_own(part):
    wrong = []
    for row in judged_here(part.service, "owner") if part else []:
        person = uuid4()
        thing = await OWNED_BY_PATH.get(row.path, OWNED[part.service])(part, person)
        strangers = {
            "another citizen": part.citizen(),
            "the holder of another journey": part.holder(uuid4()),
            "somebody who has but the journey's id": part.holder(UUID(thing.ids["journey_id"])),
        }
        wrong += await compared(part, row, thing, part.citizen(person), strangers)
    assert wrong == []


async def test_a_holder_meets_only_the_journey_of_the_secret(part):
    wrong = []
    rows = judged_here(part.service, "owner") if part and part.service in WITHOUT_PERSON else []
    for row in (row for row in rows if "holder" in row.allow):
        thing = await OWNED[part.service](part, None)
        strangers = {"a citizen": part.citizen(), "the holder of another journey": part.holder(uuid4())}
        wrong += await compared(part, row, thing, part.holder(UUID(thing.ids["journey_id"])), strangers)
    assert wrong == []


async def test_an_officer_meets_only_what_is_the_agencys(part):
    wrong = []
    for row in judged_here(part.service, "agency") if part else []:
        thing = await WORKED_BY_PATH.get(row.path, WORKED[part.service])(part, uuid4())
        role = next((word.partition(":")[2] for word in row.allow if word.startswith("officer:")), "reviewer")
        strangers = {"an officer of another agency": part.officer(role, agency=OTHER_AGENCY)}
        wrong += await compared(part, row, thing, part.officer(role, agency=AGENCY), strangers)
    assert wrong == []


async def test_a_leak_is_found():
    leaking = FastAPI()

    @leaking.get("/things/{thing_id}")
    async def show(thing_id: str, request: Request):
        if thing_id != "7":
            raise HTTPException(404)
        return {"id": thing_id} if request.headers.get("x-owner") else JSONResponse({"whose": "not yours"}, 403)

    @leaking.get("/things")
    async def everything():
        return ["7"]

    thing = Thing({"thing_id": "7"}, "7")
    paths = ("/things/{thing_id}", "/things")
    rows = [Row(method="GET", path=path, allow={"citizen"}, owner=True, agency=False) for path in paths]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=leaking), base_url="http://leaking") as client:
        part = SimpleNamespace(client=client)
        oracle = await compared(part, rows[0], thing, {"x-owner": "1"}, {"a stranger": {}})
        shown = await compared(part, rows[1], thing, {"x-owner": "1"}, {"a stranger": {}})
        nobody = await compared(part, rows[0], Thing({"thing_id": "8"}, "8"), {"x-owner": "1"}, {})
    assert len(oracle) == len(shown) == len(nobody) == 1


async def compared(part, row: Row, thing: Thing, own, strangers) -> list[str]:
    """Strangers first, so that the thing is untouched when its owner asks.

    A stranger who names the thing gets the answer that a thing which does not exist gets; the owner gets another.
    Where nothing is named, the owner's list shows the thing and the stranger's does not; and what a stranger wants
    to make for another agency is refused.
    """
    wrong = []
    for name, headers in strangers.items():
        answer = await asked(part, row, thing, headers)
        if "{" in row.path:
            nothing = said(await asked(part, row, without_ids(thing), headers))
            if said(answer) != nothing:
                wrong.append(f"{row} by {name}: {said(answer)} for what is there, {nothing} for what is not")
        if shows(answer, row, thing):
            wrong.append(f"{row} by {name}: {answer.status_code} {answer.text[:200]}")
    mine = await asked(part, row, thing, own)
    if "{" in row.path and said(mine) == said(await asked(part, row, without_ids(thing), own)):
        wrong.append(f"{row}: the owner meets {said(mine)}, as if it were not there")
    if "{" not in row.path and not shows(mine, row, thing):
        wrong.append(f"{row}: the owner meets {mine.status_code} {mine.text[:200]}")
    return wrong


def without_ids(thing: Thing) -> Thing:
    counted = {name: value for name, value in thing.ids.items() if value.isdigit()}  # the n-th of what is named
    return Thing(counted, "", thing.asking)


async def asked(part, row: Row, thing: Thing, headers) -> httpx.Response:
    path = row.path.format_map(Named(thing.ids))
    return await ask(part, row, path, headers, thing.asking.get((row.method, row.path)))


class Named(dict):
    """Parameters of a path: the thing's, or random ones."""

    def __missing__(self, _name: str) -> str:
        return str(uuid4())


def said(answer: httpx.Response) -> tuple:
    """Status and what the answer says, without the address that was asked for."""
    if "json" not in answer.headers.get("content-type", ""):
        return answer.status_code, len(answer.content)
    body = answer.json()
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name != "instance"}
    return answer.status_code, json.dumps(body, sort_keys=True)


def shows(answer: httpx.Response, row: Row, thing: Thing) -> bool:
    """Whether an answer gives the thing; whether it made one, where something is to be made."""
    is_given = row.method != "GET" or thing.mark in answer.text
    return answer.status_code < 400 and is_given
