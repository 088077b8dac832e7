"""A span and a duration for every request that a process answers: pure ASGI, around everything else.

Nothing that a caller typed is kept: no query, no header, of the path only the route's template where there is one.
The library's own middleware took a third of what the gateway needs for a call (docs/adr/0017).
"""

import time
from collections.abc import Iterable
from typing import Any

from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import NonRecordingSpan, Span, SpanKind, StatusCode, set_span_in_context, use_span
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.telemetry import parse_traceparent

UNTOLD = frozenset({"/livez", "/readyz", "/metrics"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "_OTHER"


class ServerSpans:
    """The middleware: continues the trace that the caller names."""

    def __init__(self, app: ASGIApp, traces: TracerProvider, meters: MeterProvider) -> None:
        self.app = app
        self._tracer = traces.get_tracer("paet.http")
        self._durations = meters.get_meter("paet.http").create_histogram(
            "http.server.duration", unit="ms", description="How long requests take"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application inside the request's span."""
        if scope["type"] != "http" or scope["path"] in UNTOLD:
            await self.app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else OTHER
        span = self._tracer.start_span(method, _parent(scope["headers"]), SpanKind.SERVER)
        answer = _Answer(send)
        began = time.perf_counter()
        try:
            with use_span(span, record_exception=False, set_status_on_exception=False):
                await self.app(scope, receive, answer.send)
        finally:
            self._tell(span, scope, method, answer.status, 1000 * (time.perf_counter() - began))

    def _tell(self, span: Span, scope: Scope, method: str, status: int, milliseconds: float) -> None:
        said: dict[str, Any] = {"http.method": method, "http.status_code": status}
        if template := template_of(scope):
            said["http.target"] = template
            span.update_name(f"{method} {template}")
        self._durations.record(milliseconds, said)
        span.set_attributes(said)
        if status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end()


class _Answer:
    """Reads the status on its way; 500 where the application broke off before it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500

    async def send(self, message: Message) -> None:
        """Pass the message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def template_of(scope: Scope) -> str | None:
    """The path of the route that was taken, as it is declared."""
    path: str | None = getattr(scope.get("route"), "path", None)
    return path


def _parent(headers: Iterable[tuple[bytes, bytes]]) -> Context | None:
    for name, value in headers:
        if name == b"traceparent":
            parent = parse_traceparent(value.decode("latin-1"))
            return set_span_in_context(NonRecordingSpan(parent)) if parent and parent.is_valid else None
    return None
