"""One status for paper, PDF and credential: the list says of each place what the register says of the document."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from kit.auth import Issuers
from kit.clock import clock
from kit.testing import AGENCY
from services.issuance.domain import Places, Status, statuslist
from services.issuance.models import StatusChange, StatusList
from tests.issuance.holder import ISSUER, Holder, change, count, decoded, encoded, offered, value_at

VALUES = {"valid": 0, "revoked": 1, "replaced": 1, "suspended": 2, "expired": 3}


@pytest.fixture
async def placed(desk):
    """Where the status of a credential of the desk's document stands."""
    claims = await Holder(desk.client).credential(await offered(desk))
    return claims["status"]["status_list"]


async def fetched(desk, placed, **headers):
    answer = await desk.client.get(placed["uri"].removeprefix("http://127.0.0.1:8000/v1"), headers=headers)
    assert answer.status_code in (200, 304), answer.text
    return answer


async def value(desk, placed):
    return value_at((await fetched(desk, placed)).text, placed["idx"])


async def status(desk):
    """Behind the QR code of the paper, and of the PDF itself: the same."""
    by_code = (await desk.client.get(f"/verifications/{desk.row['token']}")).json()["status"]
    by_file = await desk.client.post("/verifications", content=await desk.pdf(desk.row))
    assert by_file.json()["verification"]["status"] == by_code
    return by_code


@pytest.mark.req("L5", part="one status")
async def test_whatever_is_done_the_list_says_what_the_register_says(desk, placed):
    for state in ("issued", "suspended", "issued", "revoked", "replaced", "issued"):
        await change(desk, state=state)
        assert await value(desk, placed) == VALUES[await status(desk)]
    await change(desk, state="suspended")
    with clock.freeze(clock.now()) as advance:
        for days in (300, 70, 1):
            advance(timedelta(days=days))
            assert await value(desk, placed) == VALUES[await status(desk)]
        await change(desk, valid_until=desk.row["valid_until"] + timedelta(days=60), state="issued")
        assert (await status(desk), await value(desk, placed)) == ("valid", 0)


async def test_the_list_is_signed_anew_only_when_something_has_changed(desk, placed):
    noon = clock.now().replace(hour=5, minute=0)
    with clock.freeze(noon) as advance:
        first = await fetched(desk, placed)
        assert first.headers["content-type"] == "application/statuslist+jwt"
        assert first.headers["cache-control"] == "public, max-age=60"
        await Holder(desk.client).credential(await offered(desk))
        advance(timedelta(seconds=1))
        again = await fetched(desk, placed, **{"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        await change(desk, reason="nothing that anybody sees")
        assert (await fetched(desk, placed)).text == first.text
        await change(desk, state="suspended")
        several = [each.text for each in await asyncio.gather(*(fetched(desk, placed) for _ in range(4)))]
        assert len(set(several)) == 1
        assert several[0] != first.text
        assert await count(desk, StatusChange) == 0
        advance(timedelta(days=1))
        assert (await fetched(desk, placed)).text != several[0]


async def test_what_the_token_says(desk, placed):
    token = (await fetched(desk, placed)).text
    header, claims = (decoded(part) for part in token.split(".")[:2])
    (row,) = await desk.harness.rows(select(StatusList).where(StatusList.token == token))
    issuer = await desk.kit.resource(Issuers).of(AGENCY)
    assert header == {"alg": "ES256", "typ": "statuslist+jwt", "kid": issuer.kid}
    assert (claims["iss"], claims["sub"], claims["ttl"]) == (ISSUER, placed["uri"], 60)
    assert claims["exp"] - claims["iat"] == statuslist.LIFE_S
    assert placed["uri"] == Places("http://127.0.0.1:8000/", AGENCY).status_list(row["id"])
    assert len(claims["status_list"]["lst"]) < 200
    assert (await desk.client.get("/status-lists/00000000-0000-7000-8000-000000000000")).status_code == 404


async def test_of_an_act_that_is_not_done_yet_the_list_says_nothing_and_nothing_is_lost(desk, placed):
    """Whoever acts waits for nobody; the list that is signed meanwhile is signed again when the act is done."""
    async with desk.kit.database.engine.begin() as acting:
        await acting.exec_driver_sql(f"UPDATE document SET state = 'revoked' WHERE id = '{desk.row['id']}'")
        assert await value(desk, placed) == 0
        await change_beside(desk)
        assert await value(desk, placed) == 0
    assert await value(desk, placed) == 1


async def change_beside(desk):
    """Something else in the same list changes, so that it is signed while the act goes on."""
    async with desk.kit.database.engine.begin() as connection:
        await connection.exec_driver_sql("INSERT INTO status_change (list_id) SELECT id FROM status_list")


async def test_keys_are_published_and_the_next_one_before_it_signs(desk, monkeypatch):
    folder = desk.kit.settings.credential_keys
    path = f"/.well-known/jwt-vc-issuer/issuers/{AGENCY}"
    first = (await desk.client.get(path)).json()
    assert first["issuer"] == ISSUER
    assert [set(each) for each in first["jwks"]["keys"]] == [{"kty", "crv", "x", "y", "kid", "use", "alg"}]
    assert (folder / f"{AGENCY}.key.pem").stat().st_mode & 0o077 == 0
    other = Issuers(folder, "development")
    new = await other.of("12007000")
    private = (folder / "12007000.key.pem").read_bytes()
    public = serialised(private)
    (folder / f"{AGENCY}.pem").write_bytes(public)
    monkeypatch.setattr("kit.auth.issuers.REREAD_S", 0)
    announced = [each["kid"] for each in (await desk.client.get(path)).json()["jwks"]["keys"]]
    assert announced == [first["jwks"]["keys"][0]["kid"], new.kid]
    claims = await Holder(desk.client).credential(await offered(desk))
    assert claims["iss"] == ISSUER
    (folder / f"{AGENCY}.key.pem").write_bytes(b"broken")
    assert [each["kid"] for each in (await desk.client.get(path)).json()["jwks"]["keys"]] == announced
    (folder / f"{AGENCY}.key.pem").write_bytes(private)
    (folder / f"{AGENCY}.pem").unlink()
    assert [each["kid"] for each in (await desk.client.get(path)).json()["jwks"]["keys"]] == [new.kid]


def serialised(private):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    public = load_pem_private_key(private, None).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


async def test_metadata_is_found_where_the_issuer_says(desk):
    client = desk.client
    issuer = (await client.get(f"/.well-known/openid-credential-issuer/issuers/{AGENCY}")).json()
    assert issuer["credential_issuer"] == ISSUER
    (kind,) = issuer["credential_configurations_supported"].values()
    assert (kind["format"], kind["cryptographic_binding_methods_supported"]) == ("dc+sd-jwt", ["jwk"])
    paths = [each["path"] for each in kind["credential_metadata"]["claims"]]
    assert ["shown", "shop_name"] in paths
    server = (await client.get(f"/.well-known/oauth-authorization-server/issuers/{AGENCY}")).json()
    assert server["issuer"] == ISSUER
    assert server["token_endpoint"] == f"http://127.0.0.1:8000/v1/issuers/{AGENCY}/token"
    shown = (await client.get(kind["vct"].removeprefix("http://127.0.0.1:8000/v1"))).json()
    assert (shown["vct"], [each["path"] for each in shown["claims"]]) == (kind["vct"], paths)
    for path in (
        "/.well-known/openid-credential-issuer/issuers/12007000", "/.well-known/jwt-vc-issuer/issuers/12007000",
        "/.well-known/oauth-authorization-server/issuers/platform", f"/credential-types/{AGENCY}/another",
    ):  # fmt: skip
        assert (await client.get(path)).status_code == 404
    assert not (desk.kit.settings.credential_keys / "platform.key.pem").exists()


def test_every_status_has_its_bits_and_every_place_its_own():
    assert statuslist.VALUES.keys() == set(Status)
    values = {0: 1, 1: 2, 3: 3, 4: 1, statuslist.SLOTS - 1: 2}
    token = f"x.{encoded({'status_list': {'lst': statuslist.packed(values)}})}.x"
    assert {place: value_at(token, place) for place in (*values, 2, 5)} == values | {2: 0, 5: 0}
