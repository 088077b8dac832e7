"""Spans say that something failed and what kind of error it was, never the words of the error."""

from contextlib import contextmanager
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from uuid_utils.compat import uuid7

from kit import telemetry
from kit.cloudevents import compose
from kit.contracts.events import Voided


@pytest.fixture
def spans(monkeypatch):
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("paet"))
    return exporter.get_finished_spans


@contextmanager
def consuming():
    with telemetry.event_span(compose(Voided(document=uuid4(), reason="seal-error")), "take", SpanKind.CONSUMER):
        yield


@contextmanager
def working():
    with telemetry.journey_span("due work", uuid7()):
        yield


@pytest.mark.parametrize("doing", [consuming, working])
def test_a_failure_is_marked_without_its_words(spans, doing):
    with pytest.raises(ValueError, match="Somchai"), doing():
        raise ValueError("Somchai lives here")
    (span,) = spans()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ValueError")
    assert not span.events
    assert "Somchai" not in span.to_json()
