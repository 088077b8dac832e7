"""HTTP of issuance: the holder's document, acts on it, the public register, the operator's repairs, wallets."""

from fastapi import APIRouter

from services.issuance.api import (
    acts,
    copies,
    credentials,
    documents,
    internal,
    issuers,
    offers,
    previews,
    register,
    substitutes,
    verifications,
)

router = APIRouter()
for each in (
    documents,
    acts,
    substitutes,
    verifications,
    register,
    previews,
    copies,
    offers,
    issuers,
    credentials,
    internal,
):
    router.include_router(each.router)

WHOLE_FILES = verifications.WHOLE_FILES

__all__ = ["WHOLE_FILES", "router"]
