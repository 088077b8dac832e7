"""OpenTelemetry and JSON logs: one journey is one trace over HTTP and NATS.

A journey's id is a UUIDv7 and a trace id is 16 bytes: the trace id *is* the journey id, so that
whichever process first touches a journey can put its spans into the right trace, also when days lie
between two steps and different people make the requests.
"""

import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.propagate import inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags

from kit.settings import Settings

causation: ContextVar[UUID | None] = ContextVar("causation", default=None)
"""The event that is being handled, if one is."""

_provider: trace.TracerProvider = trace.NoOpTracerProvider()
_tracer: trace.Tracer = _provider.get_tracer("paet")


def provider() -> trace.TracerProvider:
    """The tracer provider of this process: what its service configured, nothing before."""
    return _provider


def tracer() -> trace.Tracer:
    """The tracer of this process."""
    return _tracer


def journey_root(journey: UUID) -> SpanContext:
    """The span context every span of a journey hangs under: derived from its id, never recorded."""
    span_id = (journey.int & 0xFFFF_FFFF_FFFF_FFFF) or 1
    return SpanContext(journey.int, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def journey_context(journey: UUID, traceparent: str | None = None) -> Context:
    """A parent context in the journey's trace: the one given, when it belongs there, or its root."""
    parent = parse_traceparent(traceparent)
    if parent is None or parent.trace_id != journey.int:
        parent = journey_root(journey)
    return trace.set_span_in_context(NonRecordingSpan(parent))


def parse_traceparent(value: str | None) -> SpanContext | None:
    """A W3C ``traceparent``, or None when it is absent or malformed."""
    parts = (value or "").split("-")
    if len(parts) != 4 or (len(parts[1]), len(parts[2])) != (32, 16):
        return None
    try:
        return SpanContext(int(parts[1], 16), int(parts[2], 16), True, TraceFlags(int(parts[3], 16)))
    except ValueError:
        return None


def traceparent_for(journey: UUID | None) -> str | None:
    """The ``traceparent`` to send along: the current span's if it is in the journey's trace."""
    current = trace.get_current_span().get_span_context()
    if journey is not None and current.trace_id != journey.int:
        current = journey_root(journey)
    if not current.is_valid:
        return None
    return f"00-{current.trace_id:032x}-{current.span_id:016x}-01"


@contextmanager
def journey_span(
    name: str, journey: UUID | None, kind: SpanKind = SpanKind.INTERNAL, **attributes: Any
) -> Iterator[None]:
    """A span in the journey's trace, under the current span where that belongs to it."""
    context = None if journey is None else journey_context(journey, traceparent_for(journey))
    with _span(name, context, kind, attributes):
        yield


@contextmanager
def client_span(name: str, journey: UUID | None = None) -> Iterator[dict[str, str]]:
    """A span for a call to another service, under the current one; gives the headers that carry it on.

    With a journey it is in that one's trace, as by `journey_span`. It is not made the current one: an answer that is
    streamed ends in another task than it began in.
    """
    context = None if journey is None else journey_context(journey, traceparent_for(journey))
    span = tracer().start_span(name, context, SpanKind.CLIENT)
    try:
        carried: dict[str, str] = {}
        inject(carried, trace.set_span_in_context(span))
        yield carried
    except Exception as error:
        span.set_status(StatusCode.ERROR, type(error).__name__)
        raise
    finally:
        span.end()


@contextmanager
def event_span(event: Any, name: str, kind: SpanKind) -> Iterator[None]:
    """A span for handling an event, under the span that sent it."""
    context, attributes = _of_event(event)
    with _span(f"consume {name}", context, kind, attributes):
        yield


@contextmanager
def event_spans(events: Sequence[Any], name: str, kind: SpanKind) -> Iterator[None]:
    """A span for each of several events that are handled together, each under the span that sent it."""
    with _several(f"consume {name}", kind, [_of_event(event) for event in events]):
        yield


@contextmanager
def several_spans(name: str, works: Sequence[tuple[str | None, str]]) -> Iterator[None]:
    """A span for each of several pieces of work that are done together, given by their ``traceparent`` and key."""
    with _several(name, SpanKind.INTERNAL, [(_under(traceparent), {"key": key}) for traceparent, key in works]):
        yield


def _under(traceparent: str | None) -> Context | None:
    parent = parse_traceparent(traceparent)
    return trace.set_span_in_context(NonRecordingSpan(parent)) if parent else None


@contextmanager
def _several(name: str, kind: SpanKind, members: Sequence[tuple[Context | None, dict[str, Any]]]) -> Iterator[None]:
    spans = [tracer().start_span(name, context, kind, attributes) for context, attributes in members]
    try:
        yield
    except Exception as error:
        for span in spans:
            span.set_status(StatusCode.ERROR, type(error).__name__)
        raise
    finally:
        for span in spans:
            span.end()


def _of_event(event: Any) -> tuple[Context | None, dict[str, Any]]:
    context = journey_context(event.journeyid, event.traceparent) if event.journeyid else None
    return context, {"messaging.message.id": str(event.id), "messaging.destination.name": event.address}


@contextmanager
def _span(name: str, context: Context | None, kind: SpanKind, attributes: dict[str, Any]) -> Iterator[None]:
    # The library would put the text of an exception into the span, and that may quote what people typed.
    with tracer().start_as_current_span(
        name, context, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except Exception as error:
            span.set_status(StatusCode.ERROR, type(error).__name__)
            raise


class JsonLines(SpanExporter):
    """Spans as JSON lines in a file, for development and tests."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Append the spans."""
        for span in spans:
            self._file.write(json.dumps(_span_as_json(span), ensure_ascii=False) + "\n")
        self._file.flush()
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Close the file."""
        self._file.close()


def _span_as_json(span: ReadableSpan) -> dict[str, Any]:
    context = span.get_span_context()
    return {
        "service": span.resource.attributes["service.name"],
        "name": span.name,
        "trace": f"{context.trace_id:032x}" if context else None,
        "span": f"{context.span_id:016x}" if context else None,
        "parent": f"{span.parent.span_id:016x}" if span.parent else None,
        "start": span.start_time,
        "end": span.end_time,
        "attributes": {key: str(value) for key, value in (span.attributes or {}).items()},
    }


def configure_tracing(settings: Settings) -> TracerProvider:
    """Make the provider of this process: spans go to the OTLP endpoint and to the trace file, if set."""
    global _provider, _tracer  # one per process, as the library has it, but replaceable in tests
    provider = TracerProvider(resource=Resource.create({"service.name": settings.service}))
    if settings.otlp_endpoint:
        # Only here: a process that sends nothing does without the memory of its exporter.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter(endpoint=otlp_url(settings.otlp_endpoint, "traces"))
        provider.add_span_processor(BatchSpanProcessor(exporter))
    if settings.trace_file:
        processor = BatchSpanProcessor(JsonLines(settings.trace_file), schedule_delay_millis=500)
        provider.add_span_processor(processor)
    _provider, _tracer = provider, provider.get_tracer("paet")
    return provider


def otlp_url(endpoint: str, signal: str) -> str:
    """Where a signal (``traces``, ``metrics``) goes: the endpoint is a base, or the address of the traces."""
    return f"{endpoint.rstrip('/').removesuffix('/v1/traces')}/v1/{signal}"


def configure_logging(settings: Settings) -> None:
    """JSON logs on standard output, with the trace id of the journey where there is one."""
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=processors,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    structlog.configure(
        processors=[*processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    for name in ("uvicorn", "uvicorn.error"):
        # uvicorn brought handlers of its own, which write no JSON.
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in ("uvicorn.access", "httpx", "nats"):
        # Access lines hold URLs and add nothing that the server span does not say.
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=settings.service)


def _add_trace(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event


log = structlog.stdlib.get_logger("paet")
