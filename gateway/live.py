"""Live streams of journeys: Server-Sent Events, woken by PostgreSQL notifications."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from time import monotonic
from typing import Any
from uuid import UUID

import asyncpg

from gateway.commands.timeline import CHANNEL
from gateway.queries import journeys
from gateway.schemas import TimelineEntry
from gateway.settings import Settings
from kit.app import Kit
from kit.contracts.events import Completed
from kit.database import Database
from kit.telemetry import log

RETRY_MS = 2000
PROBE_SECONDS = 30.0
MOST_AT_ONCE = 200


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


class News:
    """One listening connection per process; whoever waits for a journey is woken when something was told of it.

    A notification may be lost while the connection is away: everybody is woken when it is back, and a
    stream reads again at each of its heartbeats in any case.
    """

    def __init__(self, url: str) -> None:
        self._url = url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._waiting: dict[UUID, set[asyncio.Event]] = {}
        self.is_listening = False

    @contextmanager
    def of(self, journey: UUID) -> Iterator[asyncio.Event]:
        """An event that is set when something was told about the journey."""
        woken = asyncio.Event()
        self._waiting.setdefault(journey, set()).add(woken)
        try:
            yield woken
        finally:
            self._waiting[journey].discard(woken)
            if not self._waiting[journey]:
                del self._waiting[journey]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["News"]:
        """Listen as long as the process lives."""
        task = asyncio.create_task(self._listen_for_ever())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("notifications interrupted", error=type(error).__name__)
            await asyncio.sleep(1.0)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=5)
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await connection.add_listener(CHANNEL, self._heard)
            self.is_listening = True
            self._wake_all()
            while not await _is_set_within(lost, PROBE_SECONDS):
                await connection.execute("SELECT 1", timeout=5)  # a line may be dead without a word
        finally:
            self.is_listening = False
            connection.terminate()

    def _heard(self, _connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        for woken in self._waiting.get(UUID(payload), ()):
            woken.set()

    def _wake_all(self) -> None:
        for several in self._waiting.values():
            for woken in several:
                woken.set()


class Stream:
    """The events of one journey as they come, after a sequence number."""

    def __init__(self, kit: Kit, journey: UUID, after: int) -> None:
        settings: Settings = kit.settings  # type: ignore[assignment]
        self._database: Database = kit.database
        self._news = kit.resource(News)
        self._journey = journey
        self._after = after
        self._heartbeat = settings.heartbeat_seconds
        self._ends_at = monotonic() + settings.stream_seconds

    async def __aiter__(self) -> AsyncIterator[str]:
        """Give SSE frames until the journey's end has been sent, or the stream's time is over."""
        yield f"retry: {RETRY_MS}\n\n"
        with self._news.of(self._journey) as woken:
            while monotonic() < self._ends_at:
                woken.clear()  # before reading: what is told meanwhile wakes again
                entries = await self._new()
                for entry in entries:
                    self._after = entry.seq
                    yield _frame(entry)
                if len(entries) == MOST_AT_ONCE:
                    continue
                if any(entry.type == Completed.type() for entry in entries):
                    return
                if not await _is_set_within(woken, self._heartbeat):
                    yield ": still here\n\n"

    async def _new(self) -> list[TimelineEntry]:
        async with self._database.reading() as session:
            return await journeys.timeline(session, self._journey, self._after, MOST_AT_ONCE)


def _frame(entry: TimelineEntry) -> str:
    data = json.dumps(entry.model_dump(mode="json"), ensure_ascii=False)
    return f"id: {entry.seq}\nevent: timeline\ndata: {data}\n\n"
