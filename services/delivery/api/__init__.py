"""HTTP of delivery: inbox, notices and their evidence, public documents, words of notices, the counter, reports."""

from fastapi import APIRouter

from services.delivery.api import evidence, inbox, pickups, reports, templates

router = APIRouter()
for each in (inbox, evidence, pickups, reports, templates):
    router.include_router(each.router)

__all__ = ["router"]
