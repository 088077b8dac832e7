"""What must hold over all databases whatever happened (X1): nothing lost, nothing twice."""

import asyncio

from tests.journeys.walks import rows

RECEIPTS = "SELECT book, year, array_agg(running ORDER BY running) AS numbers FROM receipt GROUP BY 1, 2"
APPLICATIONS = "SELECT number FROM application WHERE number IS NOT NULL ORDER BY number"
DOCUMENTS = "SELECT agency || series || year || '-' || running AS number FROM number"
COMPLETED = "SELECT journey_id, count(*) AS n FROM outbox, LATERAL (SELECT (body::jsonb->>'journeyid')::uuid AS journey_id) j WHERE address LIKE 'events.%.delivery.completed.%' GROUP BY 1"  # fmt: skip  # noqa: E501
UNSENT = "SELECT id FROM outbox WHERE sent_at IS NULL"
UNBALANCED = "SELECT booking_id FROM ledgerentry GROUP BY 1 HAVING sum(amount) <> 0"
PAID = "SELECT invoice_id, count(*) AS n FROM receipt GROUP BY 1"
TIMELINE = "SELECT event_id FROM timeline"


async def hold(suite, *ended: str) -> None:
    """Check everything; ``ended`` are journeys that must have ended exactly once."""
    await nothing_is_unsent(suite)
    completed = {str(row["journey_id"]): row["n"] for row in await rows(suite, "delivery", COMPLETED)}
    assert {journey: completed.get(journey) for journey in ended} == dict.fromkeys(ended, 1)
    assert set(completed.values()) <= {1}
    for row in await rows(suite, "payment", RECEIPTS):
        assert row["numbers"] == list(range(1, len(row["numbers"]) + 1))
    assert await rows(suite, "payment", UNBALANCED) == []
    assert all(row["n"] == 1 for row in await rows(suite, "payment", PAID))
    await numbers_have_no_gap(suite, "request", APPLICATIONS)
    await numbers_have_no_gap(suite, "issuance", DOCUMENTS)
    await the_timeline_is_the_union_of_the_outboxes(suite)


async def nothing_is_unsent(suite) -> None:
    """Every committed event is published."""
    async with asyncio.timeout(30):
        for program in suite.layout.services:
            while await rows(suite, program.name, UNSENT):
                await asyncio.sleep(0.2)


async def numbers_have_no_gap(suite, service: str, query: str) -> None:
    """Each series runs 1, 2, 3 … with every number once."""
    series: dict[str, list[int]] = {}
    for row in await rows(suite, service, query):
        head, _, running = row["number"].rpartition("-")
        series.setdefault(head, []).append(int(running))
    for head, numbers in series.items():
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), head


async def the_timeline_is_the_union_of_the_outboxes(suite) -> None:
    """The projection holds every event about a journey that any service has told, and no other."""
    told = set()
    for program in suite.layout.services:
        about = "SELECT id FROM outbox WHERE body::jsonb ? 'journeyid'"
        told |= {row["id"] for row in await rows(suite, program.name, about)}
    async with asyncio.timeout(30):
        while {row["event_id"] for row in await rows(suite, "gateway", TIMELINE)} != told:
            await asyncio.sleep(0.2)
