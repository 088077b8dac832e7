"""Figures as the parts of the bench leave them, made up: round numbers, so that what a page says can be read off."""

from typing import Any

PROCESSES = ("gateway", "request", "issuance", "postgres", "nats", "bank")


def quantiles(p50: float, p99: float | None = None, most: float | None = None) -> dict[str, float]:
    return {"p50": p50, "p99": p99 or 2 * p50, "max": most or 2.5 * p50}


def flight(
    in_flight: int, cpu: float, *, per_second: float = 50.0, p99: float = 200.0, **changed: Any
) -> dict[str, Any]:
    share = {"gateway": 0.2, "request": 0.1, "issuance": 0.5, "postgres": 0.1, "nats": 0.1}
    return {
        "in_flight": in_flight,
        "journeys": 640,
        "per_second": per_second,
        "journey_ms": quantiles(1000.0),
        "call_ms": {"start": quantiles(20.0), "file": quantiles(30.0)},
        "all_calls_ms": quantiles(25.0, 150.0),
        "full_calls_ms": quantiles(40.0, p99) | {"calls": 4000},
        "steady_calls_ms": quantiles(35.0, 0.9 * p99) | {"calls": 3500},
        "backlog": {kind: {"p50": 100, "max": 300} for kind in ("events", "unsent", "due")},
        "troubles": {"warnings and errors in the logs": 0, "dead letters": 0, "programs that died": 0},
        "cpu_ms": {name: part * cpu for name, part in share.items()} | {"bank": 7.0},
        "cpu_ms_inside": cpu,
    } | changed


def floor_flight(in_flight: int, cpu: float) -> dict[str, Any]:
    kept = ("in_flight", "journeys", "per_second", "journey_ms", "cpu_ms", "cpu_ms_inside")
    return {name: each for name, each in flight(in_flight, cpu, per_second=200.0).items() if name in kept}


def point(journeys: int, events: int = 0) -> dict[str, Any]:
    return {
        "journeys_before": journeys,
        "events": events,
        "fill_seconds": 60.0,
        "flight": flight(8, 14.0),
        "reads": {"my journeys": quantiles(5.0) | {"cpu_ms": 4.0}},
        "idle_percent": 2.0,
        "walked": [],
        "rows": 70 * journeys,
        "gibibytes": 25.0 * journeys / 1_000_000,
    }


MEMORY = {name: {"rss": 110.0, "pss": 90.0} for name in PROCESSES}


def figures() -> dict[str, Any]:
    """Of every part."""
    return _machine() | _journeys() | _parts() | _growth()


def _machine() -> dict[str, Any]:
    return {
        "machine": {
            "measured": {"at": "2026-11-24T12:00+00:00", "revision": "abc1234"},
            "machine": {"cpu": "A processor", "cores": 2, "memory_gib": 23.4, "kernel": "Linux 6.1 x86_64"},
            "python": "CPython 3.11.7",
            "libraries": {"fastapi": "0.1"},
            "postgresql": {"version": "18.6", "fsync": "on", "synchronous_commit": "on"},
            "nats": {"version": "2.15.1", "sync_interval": "always", "storage": "file, 1 replica"},
            "suite": {"processes": "one per service", "database pool": 10},
        },
    }


def _journeys() -> dict[str, Any]:
    return {
        "floor": {"runs": [{"linger_ms": 0.0, "flights": [floor_flight(8, 5.0), floor_flight(128, 4.0)]}]},
        "spine": {"flights": [flight(8, 16.0), flight(128, 12.0)], "memory_mib": MEMORY},
        "journeys": {"flights": [flight(8, 61.0), flight(128, 47.0)], "memory_mib": MEMORY},
    }


def _parts() -> dict[str, Any]:
    return {
        "hop": {
            "calls": [
                {
                    "call": "application",
                    "lanes": 8,
                    "calls": 1500,
                    "gateway_cpu_ms": 0.48,
                    "service_cpu_ms": {"direct": 1.0, "through": 1.1},
                    "postgres_cpu_ms": {"direct": 0.2, "through": 0.2},
                    "direct_ms": quantiles(2.0),
                    "through_ms": quantiles(3.0),
                    "added_ms": {"p50": 1.0, "p99": 2.0},
                }
            ]
        },
        "documents": {
            "documents": 60,
            "bytes": 40_960.0,
            "parts": {"compose": {"cpu_ms": 15.0, "wall_ms": 16.0}, "seal": {"cpu_ms": 10.0, "wall_ms": 11.0}},
            "compose_and_seal_cpu_ms": 25.0,
        },
        "search": {
            "entries": 20_000,
            "taken_in_seconds": 9.0,
            "memory_mib": 150.0,
            "answers": [
                {
                    "way": "direct",
                    "lanes": 1,
                    "calls": 600,
                    "ms": quantiles(4.0),
                    "cpu_ms": {"search": 3.0, "gateway": 0.5},
                    "answered": 560,
                }
            ],
        },
        "idle": {
            "seconds": 60.0,
            "cpu_percent": dict.fromkeys(PROCESSES, 0.4),
            "cpu_percent_inside": 2.0,
            "memory_mib": MEMORY,
            "rss_mib_inside": 1400.0,
            "pss_mib_inside": 1024.0,
        },
    }


def _growth() -> dict[str, Any]:
    return {
        "growth": {
            "in_flight": 8,
            "journeys": 320,
            "points": [point(0), point(100_000), point(100_000, 1_000_000)],
            "indexes": {
                "payment.inbox.inbox_pkey": "CREATE UNIQUE INDEX inbox_pkey ON public.inbox USING btree (id)",
                "review.inbox.inbox_pkey": "CREATE UNIQUE INDEX inbox_pkey ON public.inbox USING btree (id)",
                "review.cases.cases_pkey": "CREATE UNIQUE INDEX cases_pkey ON public.cases USING btree (id)",
            },
            "unused": {
                "review.outbox.outbox_id_key": "CREATE UNIQUE INDEX outbox_id_key ON public.outbox USING btree (id)",
            },
        },
    }
