"""Who calls is known before a connection is taken.

FastAPI resolves dependencies as the signature names them. A session before the principal is a connection for whoever
knocks; judging the caller may take a second one out of the same pool, or wait for the keys of identity.
"""

import importlib
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends
from fastapi.routing import iter_route_contexts

from kit.auth import Allow, Principal, allow
from kit.database import Reading, Session, request_reading, request_session
from kit.local.infra import Addresses
from kit.nats_access import OPERATOR
from kit.testing import Servers, environment_of
from tests.architecture.tree import PACKAGES
from tests.authorisation.conftest import SETTINGS

Citizen = Annotated[Principal, Depends(allow("citizen"))]
SESSIONS = (request_session, request_reading)


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory):
    """Servers that nobody asks: an application that is not started opens nothing."""
    passwords = dict.fromkeys((*PACKAGES, OPERATOR), "x")
    address = Addresses("postgresql://nobody@127.0.0.1:9/none", "nats://127.0.0.1:9", passwords)
    return Servers(address, tmp_path_factory.mktemp("nowhere"))


def application(name, servers):
    package = PACKAGES[name]
    settings = environment_of(name, servers, "none", servers.folder) | SETTINGS.get(name, dict)()
    kinds = importlib.import_module(f"{package}.settings")
    return importlib.import_module(f"{package}.main").build(kinds.Settings(**settings))


def resolved(dependant):
    """What a dependency needs, in the order in which it is called, and the dependency itself."""
    for each in dependant.dependencies:
        yield from resolved(each)
    yield dependant.call


def hasty(routes):
    """The endpoints that take a session before all rules on who may call have been asked, and how many take one."""
    found, count = [], 0
    for route in iter_route_contexts(routes):
        calls = list(resolved(route.dependant)) if getattr(route, "dependant", None) else []
        taken = [place for place, call in enumerate(calls) if call in SESSIONS]
        rules = [calls.index(call) for call in calls if isinstance(call, Allow)]
        count += bool(taken)
        if taken and (not rules or max(rules) > taken[0]):
            found.append(f"{sorted(route.methods)} {route.path}")
    return found, count


@pytest.mark.parametrize("name", PACKAGES)
def test_no_session_is_opened_before_the_caller_is_known(name, nowhere):
    found, count = hasty(application(name, nowhere).routes)
    assert found == []
    assert count or name == "search"  # which reads out of its index


def test_a_session_that_comes_first_is_found_at_any_depth():
    router = APIRouter()

    async def needing(session: Reading) -> None: ...

    @router.get("/right", dependencies=[Depends(allow("anyone"))])
    async def right(session: Session) -> None: ...

    @router.get("/later", dependencies=[Depends(needing)])
    async def later(citizen: Citizen) -> None: ...

    @router.get("/first")
    async def first(session: Session, citizen: Citizen) -> None: ...

    @router.get("/nobody")
    async def nobody(session: Reading) -> None: ...

    assert hasty(router.routes) == (["['GET'] /later", "['GET'] /first", "['GET'] /nobody"], 4)
