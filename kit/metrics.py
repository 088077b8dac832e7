"""Metrics of one process: how full its queues are, how old the oldest work is, how long requests take.

Shown as Prometheus text at ``GET /metrics`` and sent to the OTLP endpoint, if one is set. Labels are words of
the code, never ids or anything a person typed. The figures of queues are read in the worker's role, by one loop;
what could not be read is left out rather than shown stale.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Response
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy import Select, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.clock import clock
from kit.database import DUE_WORK, OUTBOX
from kit.messaging import DEAD_LETTERS, EVENTS
from kit.settings import Settings
from kit.telemetry import log, otlp_url

if TYPE_CHECKING:
    from kit.app import Kit

LEAST_PAUSE = 50
"""The loop pauses at least so many times as long as its reading took, however large the tables have grown."""

Figures = dict[str, list[Observation]]


@dataclass(frozen=True)
class Gauge:
    """A figure that a service shows of its own tables: one number, or one for each value of ``label``."""

    read: Callable[[AsyncSession], Awaitable[float | Mapping[str, float]]]
    description: str
    label: str = ""


@dataclass(frozen=True)
class OwnGauge:
    """A figure that a service shows of something that is not in its tables: no transaction is open while it is read."""

    read: Callable[[], Awaitable[float | Mapping[str, float]]]
    description: str
    label: str = ""


AnyGauge = Gauge | OwnGauge
KIT_GAUGES = {
    "paet_outbox_unsent": "Events committed and not yet published",
    "paet_outbox_oldest_seconds": "Age of the oldest event not yet published",
    "paet_consumer_pending": "Events of the durable consumer not yet fetched",
    "paet_consumer_unacknowledged": "Events fetched and not yet acknowledged",
    "paet_dead_letters": "Events that this service could not handle, until they are replayed",
    "paet_due_work": "Work that is due, or has failed and will be tried again",
    "paet_due_work_failed": "Work that failed for good and waits for an operator",
    "paet_due_work_oldest_seconds": "How long the oldest due work has waited",
}


class Metrics:
    """The instruments of one process and the loop that reads the figures of its queues."""

    def __init__(
        self, settings: Settings, *, consumes: bool, kinds: Iterable[str], gauges: Mapping[str, AnyGauge]
    ) -> None:
        self.settings = settings
        self.consumes = consumes
        self.kinds = tuple(kinds)
        self.gauges = dict(gauges)
        self.registry = CollectorRegistry()
        resource = Resource.create({"service.name": settings.service, "service": settings.service})
        self.provider = MeterProvider(self._readers(), resource, AlwaysOffExemplarFilter(), shutdown_on_exit=False)
        self._figures: Figures = {}
        meter = self.provider.get_meter("paet")
        own = {name: gauge.description for name, gauge in gauges.items()}
        for name, description in (KIT_GAUGES | own).items():
            meter.create_observable_gauge(name, [partial(self._observe, name)], description=description)

    def _readers(self) -> list[MetricReader]:
        readers: list[MetricReader] = [
            PrometheusMetricReader(
                disable_target_info=True,
                scope_info_enabled=False,
                resource_attribute_filter=lambda name: name == "service",
                registry=self.registry,
            )
        ]
        if self.settings.otlp_endpoint:
            # Only here: a process that sends nothing does without the memory of its exporter.
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

            exporter = OTLPMetricExporter(endpoint=otlp_url(self.settings.otlp_endpoint, "metrics"))
            readers.append(PeriodicExportingMetricReader(exporter))
        return readers

    def _observe(self, name: str, _options: CallbackOptions) -> list[Observation]:
        return self._figures.get(name, [])

    def router(self) -> APIRouter:
        """``GET /metrics``, beside the health endpoints and like them in no public document."""
        router = APIRouter(include_in_schema=False)

        @router.get("/metrics")
        async def metrics() -> Response:
            """Prometheus text."""
            return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

        return router

    async def run(self, kit: "Kit") -> None:
        """Read the figures until cancelled."""
        while True:
            began = monotonic()
            self._figures, is_whole = await self._read(kit)
            pause = LEAST_PAUSE * (monotonic() - began) if is_whole else 0.0
            await asyncio.sleep(max(self.settings.metrics_seconds, pause))

    async def _read(self, kit: "Kit") -> tuple[Figures, bool]:
        """All figures that can be read now, and whether these are all there are."""
        found: Figures = {}
        is_whole = True
        for source in (self._outbox, self._due_work, self._consumer, self._dead_letters, self._own):
            try:
                found |= await source(kit)
            except Exception as error:  # noqa: BLE001 - what else can be read is shown all the same
                is_whole = False
                log.warning("metrics not read", source=source.__name__.strip("_"), error=type(error).__name__)
        return found, is_whole

    async def _outbox(self, kit: "Kit") -> Figures:
        age = func.extract("epoch", func.now() - func.min(OUTBOX.c.created_at))
        query = select(func.count(), age).where(OUTBOX.c.sent_at.is_(None))
        async with kit.database.engine.connect() as connection:
            count, oldest = (await connection.execute(query)).one()
        return {"paet_outbox_unsent": [_one(count)], "paet_outbox_oldest_seconds": [_one(max(0, oldest or 0))]}

    async def _due_work(self, kit: "Kit") -> Figures:
        now = clock.now()
        async with kit.database.engine.connect() as connection:
            rows = {kind: rest for kind, *rest in await connection.execute(work_by_kind(now))}
        waits = [(now - since).total_seconds() for _, _, since in rows.values() if since]
        kinds = dict.fromkeys(self.kinds, (0, 0, None)) | rows
        return {
            "paet_due_work": [_one(due, kind=kind) for kind, (due, _, _) in kinds.items()],
            "paet_due_work_failed": [_one(failed, kind=kind) for kind, (_, failed, _) in kinds.items()],
            "paet_due_work_oldest_seconds": [_one(max(0.0, *waits, 0.0))],
        }

    async def _consumer(self, kit: "Kit") -> Figures:
        if not (self.consumes and kit.bus.is_connected):
            return {}
        info = await kit.bus.jetstream.consumer_info(EVENTS, self.settings.service)
        return {
            "paet_consumer_pending": [_one(info.num_pending or 0)],
            "paet_consumer_unacknowledged": [_one(info.num_ack_pending or 0)],
        }

    async def _dead_letters(self, kit: "Kit") -> Figures:
        if not kit.bus.is_connected:
            return {}
        subject = f"deadletters.{self.settings.service}"
        state = (await kit.bus.jetstream.stream_info(DEAD_LETTERS, subjects_filter=subject)).state
        return {"paet_dead_letters": [_one((state.subjects or {}).get(subject, 0))]}

    async def _own(self, kit: "Kit") -> Figures:
        if not self.gauges:
            return {}
        own = {name: gauge for name, gauge in self.gauges.items() if isinstance(gauge, OwnGauge)}
        found = {name: _all(gauge, await gauge.read()) for name, gauge in own.items()}
        of_tables = {name: gauge for name, gauge in self.gauges.items() if isinstance(gauge, Gauge)}
        if of_tables:
            async with kit.database.transaction() as session:
                found |= {name: _all(gauge, await gauge.read(session)) for name, gauge in of_tables.items()}
        return found


def work_by_kind(now: datetime) -> Select[Any]:
    """Kind, how much is due or is tried again, how much has failed for good, since when the oldest is due.

    What is planned for later is not read, however much it is: either side of the condition has its index, and what
    failed for good has been tried.
    """
    is_open = DUE_WORK.c.failed_at.is_(None)
    has_come, was_tried = is_open & (DUE_WORK.c.due_at <= now), DUE_WORK.c.attempts > 0
    is_due = has_come | is_open & was_tried
    counts = (func.count().filter(is_due), func.count().filter(~is_open))
    first = func.min(DUE_WORK.c.due_at).filter(is_due)
    return select(DUE_WORK.c.kind, *counts, first).where(has_come | was_tried).group_by(DUE_WORK.c.kind)


def _one(value: Any, **labels: str) -> Observation:
    return Observation(float(value), labels)


def _all(gauge: AnyGauge, value: float | Mapping[str, float]) -> list[Observation]:
    if isinstance(value, Mapping):
        return [_one(each, **{gauge.label: name}) for name, each in value.items()]
    return [_one(value)]
