"""The consumer of a service: takes events in batches, one transaction per batch, acknowledges after commit.

If anything in a batch fails it is run again one by one, so that a handler never knows the difference.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind
from sqlmodel.ext.asyncio.session import AsyncSession

from kit import crashpoint, inbox, journeys, telemetry
from kit.claims import Asking, Known, Need
from kit.cloudevents import Event, UnknownFact
from kit.contracts.events import NEGATIVE_ENDS, Fact
from kit.contracts.journey import Process
from kit.database import flush
from kit.gist import gist
from kit.pace import pause_after
from kit.pulling import Pull
from kit.retry import can_never_succeed, delay_after, is_passing
from kit.telemetry import log

if TYPE_CHECKING:
    from kit.app import Kit

UNKNOWN_TRIES = 20
"""Over some ten minutes: a newer release beside this one may have told it, and takes the place of this one."""
Handler = Callable[[AsyncSession, Event, Known], Awaitable[Any]]
BulkHandler = Callable[[AsyncSession, Sequence[Event]], Awaitable[Any]]


@dataclass(frozen=True)
class Consumer:
    """A function for an event, and what it must know before."""

    function: Handler
    needs: tuple[Need[Any], ...] = ()
    fact: type[Fact] | None = None
    even_when_closed: bool = False


@dataclass(frozen=True)
class BulkConsumer:
    """A function for all events of a batch at once, in their order."""

    function: BulkHandler
    fact: type[Fact]
    needs: tuple[Need[Any], ...] = ()
    """None: it writes what the events say."""


def on_handover(function: Handler, *, needs: Sequence[Need[Any]] = (), even_when_closed: bool = False) -> Consumer:
    """Consume every event whose next process is this service.

    A hand-over for a journey known to be closed is dropped, save where ``even_when_closed``
    (delivery tells the applicant about the end itself).
    """
    return Consumer(function, tuple(needs), None, even_when_closed)


def on(fact: type[Fact], function: Handler, *, needs: Sequence[Need[Any]] = ()) -> Consumer:
    """Consume one fact, whoever goes on afterwards."""
    return Consumer(function, tuple(needs), fact, even_when_closed=True)


def on_all(fact: type[Fact], function: BulkHandler) -> BulkConsumer:
    """Consume one fact, whoever goes on afterwards, a batch at a time: for what is told often and written alike.

    Of one journey the events are consumed in their order, whether alone or together.
    """
    return BulkConsumer(function, fact)


@dataclass(frozen=True)
class Table:
    """All consumers of a service."""

    service: str
    handover: Consumer | None
    reactions: tuple[Consumer | BulkConsumer, ...]

    def filters(self) -> list[str]:
        """The subject filters of the durable consumer."""
        filters = [f"events.*.*.*.{self.service}"] if self.handover else []
        for each in self.reactions:
            assert each.fact is not None  # noqa: S101 - on() sets it
            if each.fact is Fact:
                return ["events.>"]
            filters.append(f"events.*.{each.fact.source}.{each.fact.name}.*")
        return filters

    def bulk_consumers(self) -> list[BulkConsumer]:
        """Who takes whole batches."""
        return [each for each in self.reactions if isinstance(each, BulkConsumer)]

    def names(self, event: Event) -> str:
        """Everybody who consumes the event, for people to read."""
        bulk = [each.function for each in self.bulk_consumers() if isinstance(event.data, each.fact)]
        return ",".join(each.__name__ for each in (*(one.function for one in self.consumers_of(event)), *bulk))

    def consumers_of(self, event: Event) -> list[Consumer]:
        """Who consumes the event alone: reactions first, so that a closing fact leaves its tombstone."""
        mine = [each for each in self.reactions if isinstance(each, Consumer)]
        found = [each for each in mine if each.fact and isinstance(event.data, each.fact)]
        if self.handover and event.next == self.service:
            found.append(self.handover)
        return found


class Worker:
    """Runs the consumer of a service until cancelled."""

    def __init__(self, kit: "Kit", table: Table) -> None:
        self.kit = kit
        self.table = table
        self.is_pulling = False
        self._unexplained: Counter[UUID] = Counter()

    async def run(self) -> None:
        """Pull for ever; bind again when the server restarted."""
        if not self.table.filters():
            return
        while True:
            try:
                await self.kit.bus.connected.wait()
                await self._pull()
            except Exception as error:  # noqa: BLE001 - the loop outlives every outage and says so
                log.warning("consumer interrupted", error=type(error).__name__)
            finally:
                self.is_pulling = False
            await asyncio.sleep(0.5)

    async def _pull(self) -> None:
        async with Pull.open(self.kit.bus, self.table.service) as pull:
            self.is_pulling = True
            while True:
                messages = await pull.batch()
                began = time.perf_counter()
                await self.handle(messages)
                await pull.gather(pause_after(time.perf_counter() - began))

    async def handle(self, messages: Sequence[Msg]) -> None:
        """Handle a batch and acknowledge it."""
        taken = [each for message in messages if (each := await self._open(message))]
        if not taken:
            return
        if len(taken) == 1:
            await self._alone(*taken[0])
            return
        try:
            await self._transact([event for _, event in taken])
        except Exception as error:  # noqa: BLE001 - each event is judged alone
            log.info("batch is taken one by one", events=len(taken), error=type(error).__name__)
            for message, event in taken:
                # Each may wait for a peer: say that it is being worked on, or it comes again meanwhile.
                await message.in_progress()
                await self._alone(message, event)
        else:
            await _acknowledge([message for message, _ in taken])

    async def _open(self, message: Msg) -> tuple[Msg, Event] | None:
        try:
            return message, Event.from_json(message.data)
        except UnknownFact as error:
            if message.metadata.num_delivered < UNKNOWN_TRIES:
                await message.nak(delay=delay_after(message.metadata.num_delivered))
            else:
                await self._refuse(message, error, "catalogue")
        except ValueError as error:
            await self._refuse(message, error, "envelope")
        return None

    async def _alone(self, message: Msg, event: Event) -> None:
        try:
            await self._transact([event])
        except Exception as error:  # noqa: BLE001 - retried or dead-lettered by kind
            await self._settle(message, event, error)
        else:
            await _acknowledge([message])

    async def _settle(self, message: Msg, event: Event, error: Exception) -> None:
        # Deliveries that an outage failed do not count against an event: only errors nobody can explain do.
        if not is_passing(error):
            self._unexplained[event.id] += 1
        attempts = message.metadata.num_delivered
        names = self.table.names(event)
        if can_never_succeed(error, self._unexplained[event.id]):
            self._unexplained.pop(event.id, None)
            await self._refuse(message, error, names)
            return
        delay = delay_after(attempts)
        log.warning("event handled later", event_id=str(event.id), type=event.type, consumer=names,
                    error=f"{type(error).__name__}", retry_in=delay)  # fmt: skip
        await message.nak(delay=delay)

    async def _refuse(self, message: Msg, error: Exception, consumer: str) -> None:
        reason = gist(error)
        headers = {"Paet-Reason": reason, "Paet-Consumer": consumer, "Paet-Subject": message.subject}
        log.error("event is dead", consumer=consumer, subject=message.subject, reason=type(error).__name__)
        # One letter for one delivery, though the process may die before it is settled.
        headers["Nats-Msg-Id"] = f"{self.table.service}:{message.metadata.sequence.stream}"
        await self.kit.bus.dead_letter(message.data, headers)
        await message.term()

    async def _transact(self, events: Sequence[Event]) -> None:
        known = await self._know(events)
        async with self.kit.database.transaction() as session:
            fresh = await inbox.take(session, [event.id for event in events])
            shut = await self._hold(session, events)
            taken = list({event.id: event for event in events if event.id in fresh}.values())
            waiting: list[Event] = []
            for event in taken:
                # What one event did to a journey stands before the next event of that journey is consumed.
                if self.table.consumers_of(event) and any(each.journeyid == event.journeyid for each in waiting):
                    await self._in_bulk(session, waiting)
                    waiting = []
                await self._one(session, event, known[event.id], shut)
                waiting.append(event)
            await self._in_bulk(session, waiting)
            crashpoint.reach(crashpoint.BEFORE_COMMIT)

    async def _hold(self, session: AsyncSession, events: Sequence[Event]) -> set[UUID]:
        """Hold the journeys that somebody opens or closes something for; those that are closed, if anybody asks."""
        held, asked = set(), set()
        for event in events:
            consumers = self.table.consumers_of(event)
            if event.journeyid and (consumers or event.data.closes):
                held.add(event.journeyid)
            if event.journeyid and not all(each.even_when_closed for each in consumers):
                asked.add(event.journeyid)
        await journeys.hold(session, held)
        return await journeys.closed(session, asked)

    async def _one(self, session: AsyncSession, event: Event, known: Known, shut: set[UUID]) -> None:
        token = telemetry.causation.set(event.id)
        try:
            for consumer in self.table.consumers_of(event):
                if event.journeyid in shut and not consumer.even_when_closed:
                    log.info("journey is closed", event_id=str(event.id), type=event.type)
                    continue
                with telemetry.event_span(event, consumer.function.__name__, SpanKind.CONSUMER):
                    await consumer.function(session, event, known)
            if event.data.closes and event.journeyid and self.table.service != Process.DELIVERY:
                await journeys.close(session, event.journeyid, event.data.name)
                shut.add(event.journeyid)
        finally:
            telemetry.causation.reset(token)

    async def _in_bulk(self, session: AsyncSession, events: Sequence[Event]) -> None:
        for consumer in self.table.bulk_consumers():
            if told := [event for event in events if isinstance(event.data, consumer.fact)]:
                # They write by statements: these see what models have become, and no model outlives them unaware.
                await flush(session)
                session.expunge_all()
                with telemetry.event_spans(told, consumer.function.__name__, SpanKind.CONSUMER):
                    await consumer.function(session, told)

    async def _know(self, events: Sequence[Event]) -> dict[UUID, Known]:
        known = {event.id: Known() for event in events}
        wanting: dict[Need[Any], list[Event]] = {}
        for event in events:
            for consumer in self.table.consumers_of(event):
                for need in consumer.needs:
                    asking = wanting.setdefault(need, [])
                    if event not in asking:
                        asking.append(event)
        for need, those in wanting.items():
            answers = await need.resolve(self.asking, those, [known[event.id] for event in those])
            for event, answer in zip(those, answers, strict=True):
                known[event.id].learn(need, answer)
        return known

    @property
    def asking(self) -> Asking:
        """Where needs find their answers."""
        return self.kit


async def _acknowledge(messages: Sequence[Msg]) -> None:
    crashpoint.reach(crashpoint.BEFORE_ACK)
    for message in messages:
        await message.ack()
        crashpoint.reach(crashpoint.BETWEEN_ACKS)


def table_of(service: str, module: Any) -> Table:
    """The consumers of a service, as its ``consumers.py`` declares them."""
    return Table(service, getattr(module, "HANDOVER", None), tuple(getattr(module, "REACTIONS", ())))


def on_ends(function: Handler, *, needs: Sequence[Need[Any]] = ()) -> tuple[Consumer, ...]:
    """Consume every negative end of a journey, whoever ended it."""
    return tuple(on(fact, function, needs=needs) for fact in NEGATIVE_ENDS)
