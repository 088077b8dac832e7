"""A credential is offered to the wallet of the document's holder."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from kit.app import Kit
from kit.auth import Issuers
from kit.documents import qr_svg
from services.issuance import commands, domain, queries
from services.issuance.api.documents import Owner
from services.issuance.domain import Places, WalletSecrets, oid4vci
from services.issuance.schemas import CredentialOfferView

router = APIRouter(tags=["wallets"])


@router.post("/journeys/{journey_id}/credential-offers", status_code=201)
async def offer(request: Request, response: Response, owner: Owner, journey_id: UUID) -> CredentialOfferView:
    """Offer the document to the holder's wallet as an SD-JWT VC (OpenID4VCI 1.0, pre-authorised code).

    The wallet scans the QR code or opens ``offer_uri``; the holder types ``tx_code``, which is shown here and nowhere
    else. Both are good once and for ten minutes; a new offer ends those before. A document that is still being made
    may be offered already: the wallet gets its credential when it is there.
    """
    kit: Kit = request.app.state.kit
    async with kit.database.reading() as session:
        document = await queries.offerable(session, owner, journey_id)
    if await kit.resource(Issuers).of(document.agency) is None:
        raise domain.NoCredentials
    settings = document.settings(await kit.section(document.definition))
    async with kit.database.transaction() as session:
        offered = await commands.offer(session, kit.resource(WalletSecrets), document.id)
    places = Places(kit.settings.public_url, document.agency)
    said = oid4vci.offer(places, settings.document_type, offered.code)
    address = oid4vci.offer_uri(said)
    response.headers["Cache-Control"] = "no-store"
    return CredentialOfferView(
        offer=said, offer_uri=address, qr_svg=qr_svg(address).decode(), tx_code=offered.tx_code,
        expires_at=offered.expires_at,
    )  # fmt: skip
