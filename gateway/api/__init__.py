"""The gateway's own HTTP, by concern."""

from gateway.api import calendar, definitions, documents, journeys

ROUTERS = (definitions.router, journeys.router, calendar.router, documents.router)

__all__ = ["ROUTERS"]
