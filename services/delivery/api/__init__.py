"""HTTP of delivery: the inbox, the notices of a journey, public documents, the counter, reports."""

from fastapi import APIRouter

from services.delivery.api import inbox, pickups, reports

router = APIRouter()
for each in (inbox, pickups, reports):
    router.include_router(each.router)

__all__ = ["router"]
