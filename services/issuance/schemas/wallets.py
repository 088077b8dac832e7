"""Bodies about credentials for wallets."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class CredentialOfferView(BaseModel):
    """An offer for the holder's wallet, shown this once: ``offer_uri``, also as a QR code, and ``tx_code`` beside it.

    ``offer`` is what the address says (OpenID4VCI 1.0 section 4.1.1).
    """

    offer: dict[str, Any]
    offer_uri: str
    qr_svg: str
    tx_code: str
    expires_at: datetime
