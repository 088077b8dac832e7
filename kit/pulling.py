"""A standing pull on a service's durable consumer: events gather while a batch is handled.

One request to the server brings many batches, however few events each of them has.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from nats.aio.msg import Msg

from kit.messaging import EVENTS, Bus

BATCH = 64
EXPIRES = 30.0
HEARTBEAT = 2.0
SILENCE = 5.0
SECOND = 1_000_000_000
"""Nanoseconds, in which the server counts."""


class Lost(Exception):
    """Nothing is heard of the consumer any more: it was deleted, or the server has forgotten the request."""


class Pull:
    """The pull of one service, while it is `open`: batches, or Lost when it must be opened anew."""

    def __init__(self, bus: Bus, service: str) -> None:
        self._bus = bus
        self._service = service
        self._inbox = bus.client.new_inbox()
        self._events: deque[Msg] = deque()
        self._left = 0
        self._ended = ""
        self._heard = asyncio.Event()
        self._full = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls, bus: Bus, service: str) -> AsyncIterator["Pull"]:
        """Find the consumer and listen, an error of the bus when there is none; what is not taken comes again."""
        await bus.jetstream.consumer_info(EVENTS, service)
        pull = cls(bus, service)
        subscription = await bus.client.subscribe(pull._inbox, cb=pull._hear)
        try:
            with bus.on_reconnection(partial(pull._end, "the server has forgotten the request")):
                yield pull
        finally:
            if not bus.client.is_closed:
                await subscription.unsubscribe()

    async def batch(self) -> list[Msg]:
        """Wait for events and take those that are there, at most BATCH."""
        while not self._events:
            if self._ended:
                raise Lost(self._ended)
            self._heard.clear()
            if self._left <= 0:
                await self._ask()
            try:
                async with asyncio.timeout(SILENCE):
                    await self._heard.wait()
            except TimeoutError:
                raise Lost("silence") from None
        self._full.clear()
        taken = [self._events.popleft() for _ in range(min(BATCH, len(self._events)))]
        if self._left <= 0:
            await self._ask()  # so that the next batch gathers while this one is handled
        return taken

    async def gather(self, seconds: float) -> None:
        """Let events gather for a while, or until they make a whole batch."""
        if len(self._events) >= BATCH:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._full.wait()
        except TimeoutError:
            return

    async def _ask(self) -> None:
        self._left = BATCH
        wish = {"batch": BATCH, "expires": int(EXPIRES * SECOND), "idle_heartbeat": int(HEARTBEAT * SECOND)}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{EVENTS}.{self._service}"
        await self._bus.client.publish(subject, json.dumps(wish).encode(), self._inbox)

    async def _hear(self, message: Msg) -> None:
        status = (message.headers or {}).get("Status")
        if status is None:
            self._left -= 1
            self._events.append(message)
            if self._left <= 0 or len(self._events) >= BATCH:
                self._full.set()
        elif status != "100":  # a heartbeat
            # 404 and 408: the request is used up or has expired, another one follows.
            self._left = 0
            if status not in ("404", "408"):
                self._ended = (message.headers or {}).get("Description", status)
        self._heard.set()

    def _end(self, reason: str) -> None:
        self._ended = reason
        self._heard.set()
