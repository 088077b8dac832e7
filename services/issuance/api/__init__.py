"""HTTP of issuance: the holder's document, the public register, the operator's repairs, wallets."""

from fastapi import APIRouter

from services.issuance.api import copies, credentials, documents, issuers, offers, previews, register, verifications

router = APIRouter()
router.include_router(documents.router)
router.include_router(verifications.router)
router.include_router(register.router)
router.include_router(previews.router)
router.include_router(copies.router)
router.include_router(offers.router)
router.include_router(issuers.router)
router.include_router(credentials.router)

__all__ = ["router"]
