"""HTTP of issuance: the holder's document, the public register, the operator's repairs."""

from fastapi import APIRouter

from services.issuance.api import documents, register, verifications

router = APIRouter()
router.include_router(documents.router)
router.include_router(verifications.router)
router.include_router(register.router)

__all__ = ["router"]
