"""The endpoints of OpenID4VCI 1.0: a wallet gets a token for an offer's code, and for it a credential."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from kit.app import Kit
from kit.auth import Issuer, Issuers, Proof, TokenRefused, allow, jwk_of, proven, thumbprint
from kit.claims import PERSON, Missing
from kit.clock import clock
from kit.contracts.claims import PersonClaim
from services.issuance import commands, domain, queries
from services.issuance.api.oauth import (
    ERROR,
    FORM,
    JSON,
    NO_STORE,
    Agency,
    OAuthRoute,
    answer,
    bearer,
    refusal,
    small_body,
)
from services.issuance.domain import Places, Refused, Said, WalletSecrets, oid4vci, wallets
from services.issuance.duework.composing import verify_url
from services.issuance.models import Credential, CredentialGrant, Document

router = APIRouter(tags=["wallets"], dependencies=[Depends(allow("anyone"))], route_class=OAuthRoute)

WAIT_S = 30
"""Until a wallet asks again for a document that is being made."""
INVALID = "invalid_credential_request"


def _answers(model: dict[str, Any], *, status: int = 200) -> dict[int | str, dict[str, Any]]:
    return {
        status: {"description": "As OpenID4VCI 1.0 says", "content": {"application/json": {"schema": model}}},
        **dict.fromkeys((400, 401, 413), ERROR),
    }


def _takes(media_type: str, *required: str, **members: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": list(required), "properties": members}
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


TEXT = {"type": "string"}
OBJECT = {"type": "object"}
ISSUED = _answers(OBJECT) | {202: {"description": "It is still being made", "content": {"application/json": {}}}}


@router.post(
    "/issuers/{agency}/token",
    response_class=Response,
    responses=_answers(OBJECT),
    openapi_extra=_takes(
        FORM,
        "grant_type",
        "pre-authorized_code",
        **{"grant_type": {"const": oid4vci.GRANT}, "pre-authorized_code": TEXT, "tx_code": TEXT},
    ),
)
async def token(request: Request, agency: Agency) -> Response:
    """Exchange the code of an offer and the transaction code for an access token, once (section 6)."""
    kit: Kit = request.app.state.kit
    form = oid4vci.read_form(await small_body(request, "invalid_request", FORM))
    if form.get("grant_type") != oid4vci.GRANT:
        raise Refused("unsupported_grant_type", "only a pre-authorized code is taken")
    code = form.get("pre-authorized_code")
    if code is None:
        raise Refused("invalid_request", "pre-authorized_code is missing")
    async with kit.database.transaction() as session:
        granted = await commands.redeem(session, kit.resource(WalletSecrets), agency, code, form.get("tx_code"))
    if isinstance(granted, Refused):
        return refusal(granted)
    life = int(granted.life.total_seconds())
    return answer({"access_token": granted.token, "token_type": "Bearer", "expires_in": life})


@router.post("/issuers/{agency}/nonce", response_class=Response, responses=_answers(OBJECT))
async def nonce(request: Request, agency: Agency) -> Response:
    """Give a nonce for the proof in a credential request (section 7); good once, for five minutes."""
    kit: Kit = request.app.state.kit
    return answer({"c_nonce": kit.resource(WalletSecrets).new_nonce(agency, int(clock.now().timestamp()))})


@router.post(
    "/issuers/{agency}/credential",
    response_class=Response,
    responses=ISSUED,
    openapi_extra=_takes(
        JSON,
        "credential_configuration_id",
        "proofs",
        credential_configuration_id=TEXT,
        proofs={"type": "object", "required": ["jwt"], "properties": {"jwt": {"type": "array", "items": TEXT}}},
    ),
)
async def credential(request: Request, agency: Agency) -> Response:
    """Issue the SD-JWT VC of the document to the key that is proven, or say when to ask again (section 8)."""
    desk = await _desk(request, agency)
    asked = oid4vci.read_json(await small_body(request, INVALID), INVALID)
    settings = desk.document.settings(await desk.kit.section(desk.document.definition))
    proof, spent = _proof(desk, oid4vci.proof_in(asked, settings.document_type))
    if desk.is_in_the_making:
        async with desk.kit.database.transaction() as session:
            deferred = await commands.defer(session, desk.grant.id, spent, jwk_of(proof.key))
        return refusal(deferred) if isinstance(deferred, Refused) else _later(deferred)
    person = await _holder(desk)
    async with desk.kit.database.transaction() as session:
        credited = await commands.credit(session, desk.grant.id, spent, thumbprint(proof.key))
        desk = await desk.renewed(session)
    if isinstance(credited, Refused):
        return refusal(credited)
    return answer(desk.issued(credited, jwk_of(proof.key), person) | {"notification_id": str(credited.id)})


@router.post(
    "/issuers/{agency}/deferred-credential",
    response_class=Response,
    responses=ISSUED,
    openapi_extra=_takes(JSON, "transaction_id", transaction_id=TEXT),
)
async def deferred_credential(request: Request, agency: Agency) -> Response:
    """Issue what was still being made when the wallet asked first, or say again when to ask (section 9)."""
    desk = await _desk(request, agency)
    transaction = oid4vci.read_json(await small_body(request, INVALID), INVALID).get("transaction_id")
    if not isinstance(transaction, str) or desk.grant.transaction_digest != wallets.digest_of(transaction):
        raise Refused("invalid_transaction_id", "the transaction is unknown or has ended")
    if desk.is_in_the_making:
        return _later(transaction)
    person = await _holder(desk)
    async with desk.kit.database.transaction() as session:
        credited = await commands.collect(session, desk.grant.id, transaction)
        desk = await desk.renewed(session)
    if isinstance(credited, Refused):
        return refusal(credited)
    # Without a notification_id, which is optional: wallets made with the best-known library take none here.
    return answer(desk.issued(credited, desk.grant.holder_key, person))


@router.post(
    "/issuers/{agency}/notification",
    status_code=204,
    response_class=Response,
    responses=dict.fromkeys((400, 401, 413), ERROR),
    openapi_extra=_takes(JSON, "notification_id", "event", notification_id=TEXT, event=TEXT),
)
async def notification(request: Request, agency: Agency) -> Response:
    """Hear what has become of a credential in its wallet (section 11)."""
    desk = await _desk(request, agency)
    wrong = "invalid_notification_request"
    identifier, event = oid4vci.notified(oid4vci.read_json(await small_body(request, wrong), wrong))
    async with desk.kit.database.transaction() as session:
        refused = await commands.note_fate(session, desk.grant, identifier, event)
    return refusal(refused) if refused else Response(status_code=204, headers=NO_STORE)


@dataclass(frozen=True)
class Desk:
    """Who issues, and what the token of the request is for."""

    kit: Kit
    places: Places
    issuer: Issuer
    grant: CredentialGrant
    document: Document

    @property
    def is_in_the_making(self) -> bool:
        """Whether there is nothing to issue yet."""
        return self.document.state in domain.UNFINISHED

    async def renewed(self, session: AsyncSession) -> "Desk":
        """With the document as it stands now: while its place was given, nobody could change it."""
        (document,) = await queries.documents(session, [self.document.id])
        return replace(self, document=document)

    def issued(
        self, credential: Credential, key: Mapping[str, str] | None, person: PersonClaim | None
    ) -> dict[str, Any]:
        """The credential, signed now: of what is in it only its place in a list was kept."""
        uri = self.places.status_list(credential.list_id)
        envelope = {
            "iss": self.places.issuer,
            "vct": self.places.credential_type(str(self.document.document_type)),
            "jti": f"urn:uuid:{credential.id}",
            "iat": int(clock.now().timestamp()),
            "status": {"status_list": {"idx": credential.place, "uri": uri}},
            **domain.holder_of(key or {}, credential.holder),
        }
        claims, disclosures = domain.credential_claims(self._said(person), envelope)
        signed = domain.joined(self.issuer.sign(claims, oid4vci.FORMAT), disclosures)
        return {"credentials": [{"credential": signed}]}

    def _said(self, person: PersonClaim | None) -> Said:
        document = self.document
        assert document.issued_at is not None and document.issued_on is not None  # noqa: S101, PT018 - it is issued
        return Said(
            document=document.id, number=document.number, title=document.title, agency=document.agency,
            agency_name=document.agency_name, issued_at=document.issued_at, issued_on=document.issued_on,
            valid_until=document.valid_until, public=document.public, person=person,
            verify_url=verify_url(self.kit.settings.public_url, str(document.token)),
        )  # fmt: skip


async def _desk(request: Request, agency: str) -> Desk:
    kit: Kit = request.app.state.kit
    async with kit.database.reading() as session:
        grant, document = await queries.grant_of(session, agency, bearer(request))
    issuer = await kit.resource(Issuers).of(agency)
    if issuer is None:
        raise Refused("credential_request_denied", "the issuer signs no credentials now")
    return Desk(kit, Places(kit.settings.public_url, agency), issuer, grant, document)


def _proof(desk: Desk, token: str) -> tuple[Proof, str]:
    """The key that is proven and the nonce that is to be spent for it; Refused (section 8.3.1.2)."""
    try:
        proof = proven(token, typ=oid4vci.PROOF, audience=desk.places.issuer, life_s=wallets.NONCE_LIFE_S)
    except TokenRefused as refused:
        raise Refused("invalid_proof", f"the proof is not accepted: {refused.reason}") from None
    now = int(clock.now().timestamp())
    nonces = desk.kit.resource(WalletSecrets)
    if proof.nonce is None or not nonces.is_nonce(desk.places.agency, proof.nonce, now):
        raise Refused("invalid_nonce", "the nonce is missing, is not ours or has expired")
    return proof, proof.nonce


async def _holder(desk: Desk) -> PersonClaim | None:
    """Who holds the document, as identity knows it now; None for an anonymous journey, or one who is erased."""
    if desk.document.person_id is None:
        return None
    with suppress(Missing):
        return await PERSON.one(desk.kit, desk.document.person_id)
    return None


def _later(transaction: str) -> Response:
    return answer({"transaction_id": transaction, "interval": WAIT_S}, 202)
