"""HTTP of delivery: the inbox, the notices of a journey, and public documents."""

from fastapi import APIRouter

from services.delivery.api import inbox

router = APIRouter()
for each in (inbox,):
    router.include_router(each.router)

__all__ = ["router"]
