"""HTTP of delivery: inbox, notices and their evidence, words of notices, official letters, the counter, reports."""

from fastapi import APIRouter

from services.delivery.api import evidence, inbox, letters, pickups, reports, templates

router = APIRouter()
for each in (inbox, evidence, pickups, reports, templates, letters):
    router.include_router(each.router)

__all__ = ["router"]
