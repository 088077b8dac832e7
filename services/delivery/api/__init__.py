"""HTTP of delivery: inbox, notices of a journey, public documents, words of notices, the counter, reports."""

from fastapi import APIRouter

from services.delivery.api import inbox, pickups, reports, templates

router = APIRouter()
for each in (inbox, pickups, reports, templates):
    router.include_router(each.router)

__all__ = ["router"]
