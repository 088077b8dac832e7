"""What is done to the stream: read whole, published again, put in another order, lost and rebuilt."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from kit.local.suite import ROOT
from kit.messaging import DEAD_LETTERS, EVENTS
from kit.nats_access import OPERATOR
from tests.faults.stage import SERVICES, Stage
from tests.faults.tables import column


@asynccontextmanager
async def stream_of(stage: Stage) -> AsyncIterator[JetStreamContext]:
    """JetStream with the operator's rights."""
    client = await stage.operator()
    try:
        yield client.jetstream(timeout=10)
    finally:
        await client.close()


async def last_sequence(stage: Stage) -> int:
    """The sequence number of the newest event."""
    async with stream_of(stage) as jetstream:
        return int((await jetstream.stream_info(EVENTS)).state.last_seq)


async def messages(jetstream: JetStreamContext, name: str = EVENTS, after: int = 0) -> list[RawStreamMsg]:
    """What a stream holds after a sequence number."""
    state = (await jetstream.stream_info(name)).state
    after = after if after <= state.last_seq else 0  # the stream was made anew meanwhile
    found = []
    if state.messages:
        for sequence in range(max(state.first_seq, after + 1), state.last_seq + 1):
            try:
                found.append(await jetstream.get_msg(name, sequence))
            except NotFoundError:
                continue  # taken out by a reordering
    return found


async def letters(stage: Stage) -> list[RawStreamMsg]:
    """The dead letters of all services."""
    async with stream_of(stage) as jetstream:
        return await messages(jetstream, DEAD_LETTERS)


async def publish_again(stage: Stage, after: int, chance: random.Random | None) -> int:
    """Publish the events after a sequence number under new message ids, in their order or shuffled by chance."""
    async with stream_of(stage) as jetstream:
        found = await messages(jetstream, after=after)
        if chance is not None:
            chance.shuffle(found)
        await _send(jetstream, found)
        return len(found)


async def shuffle_undelivered(stage: Stage, service: str, chance: random.Random) -> int:
    """Take out of the stream what a service has not acknowledged, and put it back shuffled."""
    async with stream_of(stage) as jetstream:
        # Another service may be handling them just now: it gets them once more, which changes nothing.
        floor = (await jetstream.consumer_info(EVENTS, service)).ack_floor
        found = await messages(jetstream, after=floor.stream_seq if floor else 0)
        for message in found:
            await jetstream.delete_msg(EVENTS, message.seq or 0)
        chance.shuffle(found)
        await _send(jetstream, found)
        return len(found)


async def _send(jetstream: JetStreamContext, found: list[RawStreamMsg]) -> None:
    for message in found:
        # Another message id, or the stream would take it for the duplicate that it is.
        headers = {"Nats-Msg-Id": f"again:{uuid4()}"}
        await jetstream.publish(message.subject or "", message.data or b"", headers=headers)


async def is_taken(stage: Stage, seconds: float = 60) -> None:
    """Wait until every consumer has taken and acknowledged everything."""
    async with asyncio.timeout(seconds), stream_of(stage) as jetstream:
        for name in SERVICES:
            while await _is_behind(jetstream, name):
                await asyncio.sleep(0.1)


async def _is_behind(jetstream: JetStreamContext, name: str) -> bool:
    try:
        info = await jetstream.consumer_info(EVENTS, name)
    except NotFoundError:
        return False  # a service that consumes nothing
    return bool(info.num_pending or info.num_ack_pending)


async def wipe_and_rebuild(stage: Stage) -> int:
    """Lose the broker's store, make streams and consumers anew, fill them from the databases; how many events."""
    await stage.kill("nats")
    stage.suite.nats.remove()
    await stage.restart("nats")
    await asyncio.to_thread(stage.suite.migrate)
    return await asyncio.to_thread(rebuild, stage)


async def told(stage: Stage) -> int:
    """How many events the outboxes of all services hold."""
    return sum([int((await column(stage, name, "SELECT count(*) FROM outbox"))[0]) for name in SERVICES])


def rebuild(stage: Stage) -> int:
    """The operator's command, as the operator runs it."""
    files = [_url_file(stage, name) for name in SERVICES]
    environment = {
        **os.environ,
        "PAET_NATS_URL": stage.suite.nats.url,
        "PAET_NATS_OPERATOR_USER": OPERATOR,
        "PAET_NATS_OPERATOR_PASSWORD": stage.suite.state.password("nats", OPERATOR),
    }
    command = [sys.executable, "-m", "kit.rebuild", *map(str, files)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stdout.split()[0])


def _url_file(stage: Stage, name: str) -> Path:
    folder = stage.suite.state.folder / "databases" / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "database_url"
    path.touch(mode=0o600)
    database, user, password = stage.suite.environments.database(name)
    path.write_text(stage.suite.postgres.url(database, user, password), encoding="utf-8")
    return path
