"""The bus: connection, stream, durable consumers, dead letters. NATS JetStream and nothing above it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from kit.settings import ACK_WAIT, Settings
from kit.telemetry import log

EVENTS = "EVENTS"
DEAD_LETTERS = "DEADLETTERS"
DAY = 86_400


class Bus:
    """The connection of one process; its own NATS user may publish only its own subjects."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.client: Client = Client()
        self.denied: list[str] = []
        self.jetstream: JetStreamContext = self.client.jetstream(timeout=5, publish_async_max_pending=4096)
        """With room for a pipelined batch; one for the connection, for each opens a subscription for its replies."""
        self.connected = asyncio.Event()
        """Set after the first connection: the client takes requests before it and answers them late."""
        self._listeners: list[Callable[[], None]] = []

    async def connect_for_ever(self) -> None:
        """Connect, trying until the server answers: the suite may start in any order."""
        while not self.client.is_connected:
            try:
                await self.connect()
            except (OSError, NatsError) as error:
                log.warning("bus is away", error=type(error).__name__)
                await asyncio.sleep(0.5)

    async def connect(self) -> None:
        """Connect once; afterwards the client reconnects by itself for ever."""
        await self.client.connect(
            self.settings.nats_url,
            user=self.settings.nats_user,
            password=self.settings.nats_password.get_secret_value(),
            name=self.settings.service,
            inbox_prefix=f"_INBOX_{self.settings.service}",
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            allow_reconnect=True,
            error_cb=self._error,
            reconnected_cb=self._reconnected,
        )
        self.connected.set()

    async def _reconnected(self) -> None:
        for listener in self._listeners:
            listener()

    @contextmanager
    def on_reconnection(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call the listener whenever the connection was made anew."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    async def _error(self, error: Exception) -> None:
        # Permission denials never raise at the call; they arrive only here.
        if "permissions violation" in str(error).lower():
            self.denied.append(str(error))
        log.warning("bus error", error=str(error))

    @property
    def is_connected(self) -> bool:
        """Whether the server answers now."""
        return self.client.is_connected

    async def dead_letter(self, body: bytes, headers: dict[str, str]) -> None:
        """Put an event that can never succeed on the dead-letter stream, with its reason."""
        safe = {key: json.dumps(value)[1:-1][:900] for key, value in headers.items()}
        await self.jetstream.publish(f"deadletters.{self.settings.service}", body, headers=safe)

    async def close(self) -> None:
        """Close without waiting for a server that may be gone."""
        if not self.client.is_closed:
            await self.client.close()


def covers(wide: str, narrow: str) -> bool:
    """Whether every subject of the narrow filter is one of the wide filter's."""
    wides, narrows = wide.split("."), narrow.split(".")
    return len(wides) == len(narrows) and all(w in ("*", n) for w, n in zip(wides, narrows, strict=True))


def without_subsets(filters: Iterable[str]) -> list[str]:
    """Leave out filters that another covers whole: the server refuses them in one consumer."""
    unique = sorted(set(filters))
    return [each for each in unique if not any(other != each and covers(other, each) for other in unique)]


@asynccontextmanager
async def as_operator(settings: Settings) -> AsyncIterator[JetStreamContext]:
    """JetStream with the operator's credentials: for provisioning and repair, never for a running service."""
    password = settings.secret_of("nats_operator_password")
    client = await nats.connect(
        settings.nats_url, user=settings.nats_operator_user, password=password, connect_timeout=10
    )
    try:
        yield client.jetstream(timeout=10)
    finally:
        await client.close()


async def provision(settings: Settings, filters: Sequence[str]) -> None:
    """Make the streams and the service's durable consumer, with the operator's credentials.

    Running it again changes what differs and nothing else.
    """
    async with as_operator(settings) as jetstream:
        await _ensure_stream(jetstream, _events(settings.nats_replicas))
        await _ensure_stream(jetstream, _dead_letters(settings.nats_replicas))
        if filters:
            await jetstream.add_consumer(EVENTS, consumer_config(settings.service, filters, settings.ack_wait_seconds))


def consumer_config(service: str, filters: Sequence[str], ack_wait: float = ACK_WAIT) -> ConsumerConfig:
    """The durable pull consumer of a service, named after it; ``ack_wait`` in seconds."""
    return ConsumerConfig(
        durable_name=service,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ack_wait,
        max_deliver=-1,
        max_ack_pending=4096,
        deliver_policy=DeliverPolicy.ALL,
        filter_subjects=without_subsets(filters),
    )


def _events(replicas: int) -> StreamConfig:
    return StreamConfig(
        name=EVENTS,
        subjects=["events.>"],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        max_age=31 * DAY,
        duplicate_window=600,
        num_replicas=replicas,
    )


def _dead_letters(replicas: int) -> StreamConfig:
    return StreamConfig(
        name=DEAD_LETTERS,
        subjects=["deadletters.*"],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        max_age=366 * DAY,
        num_replicas=replicas,
    )


async def _ensure_stream(jetstream: JetStreamContext, config: StreamConfig) -> None:
    try:
        await jetstream.stream_info(str(config.name))
    except NotFoundError:
        await jetstream.add_stream(config)
    else:
        await jetstream.update_stream(config)
