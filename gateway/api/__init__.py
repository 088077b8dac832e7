"""The gateway's own HTTP, by concern."""

from gateway.api import calendar, definitions, documents, holds, journeys

# In the order in which they are looked through: what is asked most comes first.
ROUTERS = (journeys.router, definitions.router, calendar.router, holds.router, documents.router)

__all__ = ["ROUTERS"]
