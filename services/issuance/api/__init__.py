"""HTTP of issuance: the holder's document, the public register, the operator's repairs."""

from fastapi import APIRouter

from services.issuance.api import documents, previews, register, verifications

router = APIRouter()
router.include_router(documents.router)
router.include_router(verifications.router)
router.include_router(register.router)
router.include_router(previews.router)

__all__ = ["router"]
