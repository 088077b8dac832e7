"""``python -m kit.rebuild FILE …``: fill a fresh event stream from the databases, after the broker has lost its own.

Each file holds the URL of one service's database, as ``database_url`` stands in its folder of secrets; the operator's
credentials of the bus are in the environment. Streams and consumers must be there (``kit.migrate``); services may run.
The outboxes are merged by event id, which is the order in which the events were told. Every event goes out under its
own id: who has handled it has it in the inbox and does nothing, who has not takes it now.
"""

import argparse
import asyncio
import heapq
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import asyncpg
import nats
from nats.js import JetStreamContext
from nats.js.api import Header, PubAck

from kit.messaging import EVENTS

DAYS = 31
"""As long as the stream keeps an event."""
PIPELINE = 256
PATIENCE = 30.0


class NotTaken(Exception):
    """The bus did not take an event; what was sent before it stays, and running the command again does no harm."""


class Told(NamedTuple):
    """One row of an outbox; sorted by the event's id."""

    id: UUID
    address: str
    body: str


async def told_in(database: asyncpg.Connection, since: timedelta | None) -> AsyncGenerator[Told, None]:
    """The events of one outbox in the order of their ids, all or those of the last time."""
    where = "" if since is None else "WHERE created_at > now() - $1::interval"
    query = f"SELECT id, address, body FROM outbox {where} ORDER BY id"  # noqa: S608 - both texts are ours
    async with database.transaction(readonly=True):
        async for row in database.cursor(query, *([] if since is None else [since]), prefetch=1000):
            yield Told(row["id"], row["address"], row["body"])


async def merged(outboxes: Sequence[AsyncGenerator[Told, None]]) -> AsyncGenerator[Told, None]:
    """The events of several outboxes, each in order, as one line in order."""
    heads: list[tuple[Told, int]] = []
    for place, outbox in enumerate(outboxes):
        if (told := await anext(outbox, None)) is not None:
            heapq.heappush(heads, (told, place))
    while heads:
        told, place = heads[0]
        yield told
        following = await anext(outboxes[place], None)
        if following is None:
            heapq.heappop(heads)
        else:
            heapq.heapreplace(heads, (following, place))


async def rebuild(jetstream: JetStreamContext, urls: Sequence[str], since: timedelta | None) -> int:
    """Publish what the databases of the URLs have told; returns how many events went out. NotTaken."""
    sent = 0
    async with AsyncExitStack() as stack:
        outboxes = []
        for url in urls:
            database = await asyncpg.connect(url.replace("+asyncpg:", ":"))
            stack.push_async_callback(database.close)
            outbox = told_in(database, since)
            stack.push_async_callback(outbox.aclose)
            outboxes.append(outbox)
        batch: list[Told] = []
        async for told in merged(outboxes):
            batch.append(told)
            if len(batch) == PIPELINE:
                sent += await _publish(jetstream, batch)
                batch = []
        sent += await _publish(jetstream, batch)
    return sent


async def _publish(jetstream: JetStreamContext, batch: Sequence[Told]) -> int:
    sending: list[asyncio.Future[PubAck]] = [
        await jetstream.publish_async(
            told.address,
            told.body.encode(),
            # What a relay sends meanwhile under the same id is one event with this one.
            headers={Header.MSG_ID: str(told.id), Header.EXPECTED_STREAM: EVENTS},
        )
        for told in batch
    ]
    if sending:
        _, waiting = await asyncio.wait(sending, timeout=PATIENCE)
        if waiting:
            raise NotTaken("the bus did not acknowledge")
    for each in sending:
        # The client gives a publish up while it reconnects.
        if each.cancelled() or (error := each.exception()) is not None:
            raise NotTaken("the connection was lost" if each.cancelled() else str(error))
    return len(batch)


async def rebuild_at(url: str, user: str, password: str, urls: Sequence[str], since: timedelta | None) -> int:
    """The same with a server and the operator's credentials."""
    client = await nats.connect(url, user=user, password=password)
    try:
        return await rebuild(client.jetstream(timeout=10, publish_async_max_pending=2 * PIPELINE), urls, since)
    finally:
        await client.close()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m kit.rebuild", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="files that hold the URL of a database each")
    parser.add_argument("--days", type=int, default=DAYS, help=f"how far back (default {DAYS}); 0: everything")
    options = parser.parse_args()
    bus, user = os.environ["PAET_NATS_URL"], os.environ["PAET_NATS_OPERATOR_USER"]
    password = os.environ["PAET_NATS_OPERATOR_PASSWORD"]
    urls = [path.read_text(encoding="utf-8").strip() for path in options.files]
    since = timedelta(days=options.days) if options.days else None
    sent = asyncio.run(rebuild_at(bus, user, password, urls, since))
    print(f"{sent} events of {len(urls)} databases are in the stream")


if __name__ == "__main__":
    main()
