"""What the journey tests share: the acts of officers, and the look into the databases afterwards."""

import asyncio
from typing import Any

import asyncpg

from kit.local import samples
from kit.local.bootstrap import OFFICERS
from kit.local.demo import find
from kit.local.visitor import Journey, Visitor


async def apply(citizen: Visitor, **form: Any) -> Journey:
    """File an application for a food licence."""
    journey = await citizen.start("food-licence")
    await journey.fill(samples.FOOD_PLACE | form, email=samples.EMAIL)
    await journey.submit()
    return journey


async def recommend(anyone: Visitor, journey: Journey, officer: str = "reviewer") -> None:
    """The reviewer claims the case and recommends."""
    reviewer = await anyone.sign_in(OFFICERS[officer], "officer")
    case = await find(reviewer, "/v1/cases", journey)
    await reviewer.post(f"/v1/cases/{case['id']}/claim")
    await reviewer.post(f"/v1/cases/{case['id']}/recommendation", samples.RECOMMENDATION)


async def decision_of(anyone: Visitor, journey: Journey) -> tuple[Visitor, str]:
    """The approver, and the path of the decision that waits."""
    approver = await anyone.sign_in(OFFICERS["approver"], "officer")
    decision = await find(approver, "/v1/decisions", journey)
    return approver, f"/v1/decisions/{decision['id']}"


async def grant(anyone: Visitor, journey: Journey) -> None:
    """The approver grants."""
    approver, path = await decision_of(anyone, journey)
    await approver.post(f"{path}/grant", {})


async def rows(suite: Any, service: str, query: str, *values: Any) -> list[dict[str, Any]]:
    """Rows of a service's database, as its owner sees them."""
    name, user, password = suite.environments.database(service)
    connection = await asyncpg.connect(suite.postgres.url(name, user, password, driver="postgresql"))
    try:
        return [dict(row) for row in await connection.fetch(query, *values)]
    finally:
        await connection.close()


async def until_rows(suite: Any, service: str, query: str, *values: Any, seconds: float = 20) -> list[dict[str, Any]]:
    """Wait until a query finds something."""
    async with asyncio.timeout(seconds):
        while not (found := await rows(suite, service, query, *values)):
            await asyncio.sleep(0.2)
    return found
