"""HTTP of issuance: the holder's document, the public register, the operator's repairs."""

from fastapi import APIRouter

from services.issuance.api import copies, documents, previews, register, verifications

router = APIRouter()
router.include_router(documents.router)
router.include_router(verifications.router)
router.include_router(register.router)
router.include_router(previews.router)
router.include_router(copies.router)

__all__ = ["router"]
