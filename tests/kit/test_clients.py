"""What calls to others leave in the trace."""

from contextlib import suppress

import httpx
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kit import telemetry
from kit.outside import open_client


async def test_no_query_of_a_call_is_in_its_span(monkeypatch):
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(telemetry, "provider", lambda: provider)
    client = open_client("http://127.0.0.1:1")
    with suppress(httpx.HTTPError):  # nobody listens there; the span tells of the attempt
        await client.get("/sign-in/callback", params={"code": "one-time-code", "q": "สมใจ"})
    await client.aclose()
    (span,) = kept.get_finished_spans()
    told = str(dict(span.attributes or {}))
    assert "/sign-in/callback" in told
    assert "one-time-code" not in told
    assert "%E0" not in told
    assert "สมใจ" not in told
