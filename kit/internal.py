"""The endpoints every service offers to the others: claims, and the check of its section of a bundle."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from kit.auth import Principal, allow
from kit.claims import Claimed
from kit.contracts.definition import Fault, Section
from kit.database import Reading


class Ids(BaseModel):
    """What a claim is asked about."""

    ids: Annotated[list[UUID], Field(max_length=256)]


class Items(BaseModel):
    """Claims by id; unknown ids are absent."""

    items: dict[str, Any]


class Faults(BaseModel):
    """Everything wrong with a section; empty when it may be published."""

    faults: list[Fault]


def router(check: Callable[[Section], Sequence[Fault]] | None, claims: Mapping[str, Claimed]) -> APIRouter:
    """Routes under ``/internal``, open to other services only."""
    routes = APIRouter(prefix="/internal", tags=["internal"])
    if check is not None:
        _add_check(routes, check)
    for name, claimed in claims.items():
        _add_claim(routes, name, claimed)
    return routes


def _add_check(routes: APIRouter, check: Callable[[Section], Sequence[Fault]]) -> None:
    # A plain function: checking compiles tables and templates, which belongs off the event loop.
    @routes.post("/definitions/check")
    def check_section(section: Section, _caller: Annotated[Principal, Depends(allow("service:gateway"))]) -> Faults:
        """Find every fault of this service's section of a bundle."""
        return Faults(faults=list(check(section)))


def _add_claim(routes: APIRouter, name: str, claimed: Claimed) -> None:
    callers = tuple(f"service:{caller}" for caller in sorted(claimed.callers))

    @routes.post(f"/claims/{name}", name=f"claim_{name}")
    async def claim(body: Ids, caller: Annotated[Principal, Depends(allow(*callers))], session: Reading) -> Items:
        """Answer a claim about a list of ids."""
        found = await claimed.answer(session, body.ids)
        seen = {str(key): claimed.view(caller.subject, value) for key, value in found.items()}
        return Items(items={key: value.model_dump(mode="json") for key, value in seen.items()})
