"""Credentials for wallets, and everything that somebody might try to get one that is not theirs."""

import asyncio
import hmac
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jose import jws
from sqlalchemy import select, text

from kit.auth import Issuers, jwk_of
from kit.clock import clock
from kit.documents import qr_svg
from kit.testing import AGENCY
from services.issuance.domain import statuslist, wallets
from services.issuance.duework.tidying import tidy
from services.issuance.models import Credential, CredentialGrant, CredentialOffer, SpentNonce
from tests.issuance.conftest import FORM, NAME, PERSON, PID
from tests.issuance.holder import (
    BASE,
    GRANT,
    ISSUER,
    Holder,
    change,
    claims_of,
    count,
    encoded,
    granted,
    offered,
    opened,
)


@pytest.fixture
def holder(desk):
    return Holder(desk.client)


def refused(answer, error, status=400):
    assert (answer.status_code, answer.json().get("error")) == (status, error), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return True


# What is right ----------------------------------------------------------------------------------------------------


@pytest.mark.req("L5", part="what the credential says, and to whom it is bound")
async def test_the_credential_says_what_the_document_shows_and_is_bound_to_the_key(desk, holder):
    offer = await offered(desk)
    assert offer["offer"]["credential_configuration_ids"] == ["test-licence"]
    assert offer["qr_svg"] == qr_svg(offer["offer_uri"]).decode()
    assert parse_qs(urlsplit(offer["offer_uri"]).query)["credential_offer"] == [
        json.dumps(offer["offer"], separators=(",", ":"))
    ]
    answer = await holder.token(offer)
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 300)
    answer = await holder.ask(answer.json()["access_token"], holder.proof(await holder.nonce()))
    claims, said = claims_of(answer), opened(answer)
    assert claims["cnf"] == {"jwk": holder.jwk}
    assert claims["iss"] == ISSUER
    assert said["number"] == f"TEST-{desk.row['year']}-000001"
    assert (said["holder_name"], said["shop_name"], said["area"]) == (NAME, FORM["shop_name"], "120")
    assert said["document"] == str(desk.row["id"])
    for secret in (PID, FORM["place_address"], str(PERSON), str(desk.event.journey)):
        assert secret not in str(said) + str(claims)
    assert not {"number", "holder_name", "title"} & claims.keys()
    assert len({*claims["_sd"], *claims["shown"]["_sd"]}) == len(said)


@pytest.mark.req("L5", part="the same answer again for the same key, none for another")
async def test_an_answer_that_was_lost_is_given_again_to_the_same_key_only(desk, holder):
    token, other = await granted(desk, holder), Holder(desk.client)
    first = claims_of(await holder.ask(token, holder.proof(await holder.nonce())))
    again = claims_of(await holder.ask(token, holder.proof(await holder.nonce())))
    assert (first["status"], first["jti"]) == (again["status"], again["jti"])
    assert refused(await other.ask(token, other.proof(await other.nonce())), "credential_request_denied")


async def test_two_wallets_of_one_holder_have_credentials_of_their_own(desk, holder):
    mine = [await each.credential(await offered(desk)) for each in (holder, Holder(desk.client))]
    places = [each["status"]["status_list"]["idx"] for each in mine]
    assert len(set(places)) == 2
    assert mine[0]["cnf"] != mine[1]["cnf"]


@pytest.mark.req("L5", part="nothing secret or personal is kept")
async def test_neither_codes_nor_names_are_kept(desk, holder):
    offer = await offered(desk)
    token = (await holder.token(offer)).json()["access_token"]
    answer = await holder.ask(token, holder.proof(await holder.nonce()))
    sent = {"notification_id": answer.json()["notification_id"], "event": "credential_accepted"}
    headers = {"Authorization": f"Bearer {token}"}
    assert (await desk.client.post(f"{BASE}/notification", json=sent, headers=headers)).status_code == 204
    for wrong, error in (
        (sent | {"notification_id": str(uuid4())}, "invalid_notification_id"),
        (sent | {"event": "credential_sold"}, "invalid_notification_request"),
    ):
        assert refused(await desk.client.post(f"{BASE}/notification", json=wrong, headers=headers), error)
    tables = (CredentialOffer, CredentialGrant, Credential, SpentNonce)
    kept = str([await desk.harness.rows(select(each)) for each in tables])
    secrets = (offer["offer"]["grants"][GRANT]["pre-authorized_code"], offer["tx_code"], token, NAME, holder.jwk["x"])
    assert [each for each in secrets if each in kept] == []
    assert "credential_accepted" in kept


@pytest.mark.req("L5", part="the name is asked for at that moment")
async def test_whom_identity_does_not_know_any_more_gets_a_credential_without_a_name(desk, holder):
    event, row = await desk.issued(person=(person := uuid4()))
    del desk.peers.claims["identity", "persons"][str(person)]
    answer = await desk.client.post(
        f"/journeys/{event.journey}/credential-offers", headers=desk.harness.citizen(person)
    )
    token = (await holder.token(answer.json())).json()["access_token"]
    said = opened(await holder.ask(token, holder.proof(await holder.nonce())))
    assert said["document"] == str(row["id"])
    assert "holder_name" not in said


# Codes ------------------------------------------------------------------------------------------------------------


@pytest.mark.req("L5", part="a code is good once")
async def test_of_two_wallets_at_one_offer_one_gets_the_token(desk, holder):
    offer = await offered(desk)
    answers = await asyncio.gather(*(Holder(desk.client).token(offer) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [200, 400, 400, 400]
    assert refused(await holder.token(offer), "invalid_grant")
    assert await count(desk, CredentialGrant) == 1


@pytest.mark.req("L5", part="wrong transaction codes are few")
async def test_after_a_few_wrong_transaction_codes_the_right_one_is_of_no_use(desk, holder):
    offer = await offered(desk)
    wrong = "000000" if offer["tx_code"] != "000000" else "111111"
    assert refused(await holder.token(offer, tx_code=""), "invalid_request")
    for typed in (wrong, "", "9" * 400, "๑๒๓๔๕๖", offer["tx_code"] + "0")[: wallets.MOST_TYPED]:
        assert refused(await holder.token(offer, tx_code=typed or " "), "invalid_grant")
    assert refused(await holder.token(offer), "invalid_grant")
    (row,) = await desk.harness.rows(select(CredentialOffer))
    assert (row["wrong"], row["spent_at"] is None) == (wallets.MOST_TYPED, False)


async def test_wrong_codes_typed_at_once_are_all_counted(desk, holder):
    offer = await offered(desk)
    wrong = "000000" if offer["tx_code"] != "000000" else "111111"
    await asyncio.gather(*(holder.token(offer, tx_code=wrong) for _ in range(wallets.MOST_TYPED)))
    assert refused(await holder.token(offer), "invalid_grant")


async def test_a_new_offer_ends_the_one_before_and_there_are_not_many(desk, holder):
    first, *others = [await offered(desk) for _ in range(wallets.MOST_OFFERS)]
    assert refused(await holder.token(first), "invalid_grant")
    path = f"/journeys/{desk.event.journey}/credential-offers"
    answer = await desk.client.post(path, headers=desk.harness.citizen(PERSON))
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:paet:problem:too-many-offers")
    assert (await holder.token(others[-1])).status_code == 200


async def test_what_has_expired_is_of_no_use_and_goes(desk, holder):
    offer = await offered(desk)
    planned = await desk.harness.rows(text("SELECT kind FROM due_work"))
    assert {"kind": "tidy-credentials"} in planned
    token = await granted(desk, holder)
    nonce = await holder.nonce()
    assert (await holder.ask(token, holder.proof(nonce))).status_code == 200
    with clock.freeze(clock.now()) as advance:
        advance(timedelta(seconds=301))
        assert refused(await holder.ask(token, holder.proof(await holder.nonce())), "invalid_token", 401)
        late = await offered(desk)
        advance(timedelta(minutes=10))
        assert refused(await holder.token(late), "invalid_grant")
        assert refused(await holder.token(offer), "invalid_grant")
        advance(timedelta(minutes=10))
        await tidy(desk.kit, "now", {})
        assert [await count(desk, each) for each in (CredentialOffer, CredentialGrant, SpentNonce)] == [0, 0, 0]
        assert await count(desk, Credential)
    due = await desk.harness.rows(text("SELECT kind FROM due_work"))
    assert "tidy-credentials" in {each["kind"] for each in due}, "and what is made later goes in its turn"


async def test_somebody_elses_journey_has_no_offers(desk):
    path = f"/journeys/{desk.event.journey}/credential-offers"
    for headers in (desk.harness.citizen(), desk.harness.holder(desk.event.journey)):
        assert (await desk.client.post(path, headers=headers)).status_code == 404
    assert (await desk.client.post(path)).status_code == 401
    assert await count(desk, CredentialOffer) == 0


# Proofs -----------------------------------------------------------------------------------------------------------


def unsigned(holder, nonce):
    header = {"alg": "none", "typ": "openid4vci-proof+jwt", "jwk": holder.jwk}
    return f"{encoded(header)}.{encoded({'aud': ISSUER, 'iat': int(clock.now().timestamp()), 'nonce': nonce})}."


def by_secret(holder, nonce):
    """HS256 with the public key as the secret."""
    header = {"alg": "HS256", "typ": "openid4vci-proof+jwt", "jwk": holder.jwk}
    said = f"{encoded(header)}.{encoded({'aud': ISSUER, 'iat': int(clock.now().timestamp()), 'nonce': nonce})}"
    public = holder.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"{said}.{encoded(hmac.digest(public, said.encode(), 'sha256'))}"


def by_rsa(holder, nonce):
    key = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    claims = {"aud": ISSUER, "iat": int(clock.now().timestamp()), "nonce": nonce}
    headers = {"typ": "openid4vci-proof+jwt", "jwk": holder.jwk}
    return jws.sign(claims, key.decode(), headers=headers, algorithm="RS256")


def with_anothers_key(holder, nonce):
    return holder.proof(nonce, {"jwk": jwk_of(ec.generate_private_key(ec.SECP256R1()))})


def off_the_curve(holder, nonce):
    return holder.proof(nonce, {"jwk": holder.jwk | {"y": holder.jwk["x"]}})


BAD_PROOFS = {
    "alg none": unsigned,
    "HS256 by the public key": by_secret,
    "RS256": by_rsa,
    "another's key": with_anothers_key,
    "a point off the curve": off_the_curve,
    "a private key": lambda holder, nonce: holder.proof(nonce, {"jwk": holder.jwk | {"d": holder.jwk["x"]}}),
    "a key of another curve": lambda holder, nonce: holder.proof(nonce, {"jwk": holder.jwk | {"crv": "P-384"}}),
    "a key that is named": lambda holder, nonce: holder.proof(nonce, {"jwk": None, "kid": "did:example:1#1"}),
    "a key twice": lambda holder, nonce: holder.proof(nonce, {"kid": "1"}),
    "no key": lambda holder, nonce: holder.proof(nonce, {"jwk": None}),
    "a critical extension": lambda holder, nonce: holder.proof(nonce, {"crit": ["x"], "x": 1}),
    "another type": lambda holder, nonce: holder.proof(nonce, {"typ": "JWT"}),
    "foreign audience": lambda holder, nonce: holder.proof(nonce, aud="https://elsewhere.example"),
    "two audiences": lambda holder, nonce: holder.proof(nonce, aud=[ISSUER, "https://elsewhere.example"]),
    "no audience": lambda holder, nonce: holder.proof(nonce, aud=None),
    "made long ago": lambda holder, nonce: holder.proof(nonce, iat=int(clock.now().timestamp()) - 3600),
    "made in the future": lambda holder, nonce: holder.proof(nonce, iat=int(clock.now().timestamp()) + 3600),
    "made at no time": lambda holder, nonce: holder.proof(nonce, iat="now"),
    "cut": lambda holder, nonce: holder.proof(nonce)[:-3],
    "nothing": lambda holder, nonce: "x.y.z",
    "too long": lambda holder, nonce: holder.proof(nonce, more="x" * 9000),
}


@pytest.mark.req("L5", part="proofs that prove nothing")
async def test_a_proof_that_proves_nothing_gets_nothing_and_costs_no_nonce(desk, holder):
    token, nonce = await granted(desk, holder), await holder.nonce()
    before = await count(desk, Credential)
    for name, forge in BAD_PROOFS.items():
        answer = await holder.ask(token, forge(holder, nonce))
        assert answer.json().get("error") == "invalid_proof", (name, answer.text)
        assert answer.status_code == 400
    assert (await count(desk, Credential), await count(desk, SpentNonce)) == (before, 0)
    assert (await holder.ask(token, holder.proof(nonce))).status_code == 200


@pytest.mark.req("L5", part="a nonce is good once")
async def test_a_nonce_is_ours_fresh_and_good_once(desk, holder):
    token, nonce = await granted(desk, holder), await holder.nonce()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same_bytes = nonce[:-1] + letters[letters.index(nonce[-1]) + 1]
    for wrong in (None, "", "x", "ก", same_bytes, nonce + "=", nonce + "!", await holder.nonce("/issuers/12007000")):
        assert refused(await holder.ask(token, holder.proof(wrong)), "invalid_nonce")
    answers = await asyncio.gather(*(holder.ask(token, holder.proof(nonce)) for _ in range(3)))
    assert sorted(each.status_code for each in answers) == [200, 400, 400]
    assert refused(await holder.ask(token, holder.proof(nonce)), "invalid_nonce")
    late = await holder.nonce()
    with clock.freeze(clock.now()) as advance:
        advance(timedelta(seconds=290))
        assert (await holder.ask(token, holder.proof(late))).status_code == 200
    stale = await holder.nonce()
    with clock.freeze(clock.now()) as advance:
        advance(timedelta(seconds=-60))
        assert refused(await holder.ask(token, holder.proof(stale)), "invalid_nonce"), "of a clock that runs ahead"


# Requests ---------------------------------------------------------------------------------------------------------


async def test_a_token_counts_for_its_issuer_only_and_none_for_nothing(desk, holder):
    token, proof = await granted(desk, holder), holder.proof(await holder.nonce())
    assert refused(await holder.ask(token, proof, "/issuers/12007000"), "invalid_token", 401)
    for wrong in ("", "x", token + "x"):
        answer = await holder.ask(wrong, proof)
        assert refused(answer, "invalid_token", 401)
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    for path in ("credential", "deferred-credential", "notification"):
        assert refused(await desk.client.post(f"{BASE}/{path}", json={}), "invalid_token", 401)


WRONG = {
    "unknown_credential_configuration": {"credential_configuration_id": "another"},
    "unknown_credential_identifier": {"credential_configuration_id": None, "credential_identifier": "x"},
    "invalid_credential_request": {"credential_identifier": "x"},
    "invalid_encryption_parameters": {"credential_response_encryption": {}},
}


async def test_what_is_not_offered_is_refused_by_its_code(desk, holder):
    token, proof = await granted(desk, holder), holder.proof(await holder.nonce())
    for error, asked in WRONG.items():
        assert refused(await holder.ask(token, proof, **asked), error)
    for proofs in (None, {}, {"jwt": []}, {"jwt": [proof, proof]}, {"jwt": proof}, {"jwt": [1]}, {"di_vp": []}, []):
        assert refused(await holder.ask(token, proof, proofs=proofs), "invalid_proof")
    headers = {"Authorization": f"Bearer {token}"}
    for body in (b"", b"[]", b"{", b"\xff", b"[" * 9000, b'{"transaction_id": "\\ud800"}', b'{"transaction_id": 1}'):
        answer = await desk.client.post(f"{BASE}/credential", content=body, headers=headers)
        assert refused(answer, "invalid_credential_request")
        answer = await desk.client.post(f"{BASE}/deferred-credential", content=body, headers=headers)
        assert answer.json()["error"] in ("invalid_credential_request", "invalid_transaction_id")


async def test_huge_and_doubtful_bodies_are_refused(desk, holder):
    token = await granted(desk, holder)
    assert refused(await holder.ask(token, "x" * 20_000), "invalid_credential_request", 413)
    assert refused(await desk.client.post(f"{BASE}/token", content=b"a" * 20_000), "invalid_request", 413)
    for body in (b"\xff=1", b"&".join([b"grant_type=a"] * 2), b"&".join(b"a%d=1" % each for each in range(50))):
        assert refused(await desk.client.post(f"{BASE}/token", content=body), "invalid_request")
    assert refused(await desk.client.post(f"{BASE}/token", content=b""), "unsupported_grant_type")
    assert refused(await desk.client.post(f"{BASE}/token", data={"grant_type": GRANT}), "invalid_request")
    assert refused(await desk.client.post(f"{BASE}/token", data={"grant_type": "password"}), "unsupported_grant_type")
    assert refused(await desk.client.post(f"{BASE}/token", json={"grant_type": GRANT}), "invalid_request")


# The document -----------------------------------------------------------------------------------------------------


@pytest.mark.req("L5", part="only of a document in force")
async def test_of_a_document_that_is_not_in_force_nothing_is_issued(desk, holder):
    token = await granted(desk, holder)
    path = f"/journeys/{desk.event.journey}/credential-offers"
    for values in ({"state": "suspended"}, {"state": "revoked"}, {"state": "replaced"}):
        await change(desk, **values)
        answer = await desk.client.post(path, headers=desk.harness.citizen(PERSON))
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:paet:problem:document-not-in-force")
        assert refused(await holder.ask(token, holder.proof(await holder.nonce())), "credential_request_denied")
    await change(desk, state="issued")
    assert (await holder.ask(token, holder.proof(await holder.nonce()))).status_code == 200


async def test_an_act_that_is_under_way_comes_before_whoever_asks_meanwhile(desk, holder):
    token, proof = await granted(desk, holder), holder.proof(await holder.nonce())
    before = await count(desk, Credential)
    waiting = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    async with desk.kit.database.engine.begin() as acting:
        locked = text(f"SELECT FROM document WHERE id = '{desk.row['id']}' FOR UPDATE")
        await acting.execute(locked)
        asking = asyncio.create_task(holder.ask(token, proof))
        await desk.harness.until(lambda: desk.harness.rows(waiting))
        await acting.execute(text(f"UPDATE document SET state = 'revoked' WHERE id = '{desk.row['id']}'"))
    assert refused(await asking, "credential_request_denied")
    assert await count(desk, Credential) == before


async def test_many_at_once_have_places_of_their_own_in_lists_that_fill_up(desk, monkeypatch):
    monkeypatch.setattr(statuslist, "FULL", 3)
    async with desk.kit.database.engine.begin() as connection:
        document = desk.row["id"]
        for number in range(8):
            digest = wallets.digest_of(f"token {number}")
            grant = CredentialGrant(
                document_id=document, token_digest=digest, expires_at=clock.now() + timedelta(hours=1)
            )
            await connection.execute(CredentialGrant.__table__.insert().values(grant.model_dump()))
    holders = [Holder(desk.client) for _ in range(8)]
    proofs = [each.proof(await each.nonce()) for each in holders]
    answers = await asyncio.gather(
        *(each.ask(f"token {number}", proofs[number]) for number, each in enumerate(holders))
    )
    assert [each.status_code for each in answers] == [200] * 8
    lists = [claims_of(each)["status"]["status_list"] for each in answers]
    assert len({(each["uri"], each["idx"]) for each in lists}) == 8
    assert len({each["uri"] for each in lists}) >= 3
    given = await desk.harness.rows(
        text("SELECT given, (SELECT count(*) FROM credential WHERE list_id = status_list.id) AS there FROM status_list")
    )
    assert all(each["given"] == each["there"] for each in given)


async def test_an_agency_without_a_key_offers_nothing(desk):
    kept = desk.kit.resource(Issuers)
    desk.kit.provide(Issuers(None, "production"))
    try:
        path = f"/journeys/{desk.event.journey}/credential-offers"
        answer = await desk.client.post(path, headers=desk.harness.citizen(PERSON))
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:paet:problem:no-wallet-credentials")
        well_known = f"/.well-known/openid-credential-issuer/issuers/{AGENCY}"
        assert (await desk.client.get(well_known)).status_code == 404
    finally:
        desk.kit.provide(kept)
