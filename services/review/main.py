"""Wires review: routes, consumers, due work, the check of its section, the claim it answers."""

from fastapi import FastAPI

from kit.app import create_app
from kit.claims import Claimed
from kit.metrics import Gauge
from services.review import api, consumers, duework, queries
from services.review.domain import check_section
from services.review.settings import Settings


def build(settings: Settings) -> FastAPI:
    """The application with these settings."""
    return create_app(
        settings,
        title="Paet review",
        routers=[api.router],
        consumers=consumers,
        work=duework.WORK,
        check=check_section,
        gauges={
            "paet_cases": Gauge(queries.count_open, "Cases that are not reviewed yet, by state", label="state"),
            "paet_cases_overdue": Gauge(queries.count_overdue, "Cases past their legal deadline, the clock running"),
        },
        claims={
            "cases": Claimed(queries.cases_of, frozenset({"approval", "issuance", "delivery"})),
            "defects": Claimed(queries.defect_claims, frozenset({"request", "delivery"})),
            "delays": Claimed(queries.delays_of, frozenset({"delivery"})),
        },
    )


def app() -> FastAPI:
    """The application with the settings of its environment (``uvicorn --factory``)."""
    return build(Settings())
