"""HTTP of issuance: the holder's document, the public register, the operator's repairs."""

from fastapi import APIRouter

from services.issuance.api import documents, verifications

router = APIRouter()
router.include_router(documents.router)
router.include_router(verifications.router)

__all__ = ["router"]
