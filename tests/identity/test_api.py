"""Officers, clients, persons for other services, and what is shown of a number."""

import asyncio
import re
from uuid import uuid4

import pytest
from httpx import BasicAuth
from sqlmodel import select

from kit.testing import AGENCY
from services.identity.commands import clients
from services.identity.models import Client
from services.identity.providers import Providers
from tests.bundles import licence_bundle
from tests.identity.conftest import ADMINISTRATOR, OTHER_REVIEWER, REVIEWER, SOMCHAI, SOMYING
from tests.identity.test_oidc import problem_of

OTHER_AGENCY = "12007000"


@pytest.fixture
def post(identity):
    async def call(path, body, who, method="POST"):
        return await identity.client.request(method, path, json=body, headers=who.headers)

    return call


# ── officers ─────────────────────────────────────────────────────────────────────────────────────


async def test_an_administrator_registers_officers_of_the_own_agency(identity, post, administrator, browser):
    body = {"pid": "1-9999-00000-01-3", "agency": AGENCY, "roles": ["reviewer"]}
    created = await post("/officers", body, administrator)
    assert created.status_code == 201
    view = created.json()
    assert (view["pid_masked"], view["name_th"], view["is_active"]) == ("x-xxxx-xxxxx-01-3", None, True)
    officer = await browser().sign_in(REVIEWER, "officer")
    assert officer.claims["sub"] == view["id"]
    listed = (await identity.client.get("/officers", headers=administrator.headers)).json()
    assert [each["pid_masked"] for each in listed] == ["x-xxxx-xxxxx-05-6", "x-xxxx-xxxxx-01-3"]
    assert listed[1]["name_th"]
    assert not re.search(r"\d{13}", str(listed))


async def test_a_person_holds_one_active_office(post, administrator):
    body = {"pid": REVIEWER, "agency": AGENCY, "roles": ["reviewer"]}
    assert (await post("/officers", body, administrator)).status_code == 201
    assert problem_of(await post("/officers", body, administrator)) == (409, "officer-exists")


async def test_two_that_register_one_person_at_once(post, administrator):
    body = {"pid": REVIEWER, "agency": AGENCY, "roles": ["reviewer"]}
    answers = await asyncio.gather(*(post("/officers", body, administrator) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_another_agency_s_officers_are_out_of_reach(identity, post, administrator, register):
    stranger = await register(OTHER_REVIEWER, "reviewer", agency=OTHER_AGENCY)
    body = {"pid": REVIEWER, "agency": OTHER_AGENCY, "roles": ["administrator"]}
    assert problem_of(await post("/officers", body, administrator)) == (403, "agency-not-yours")
    changed = await post(f"/officers/{stranger.id}", {"roles": ["approver"]}, administrator, "PATCH")
    assert problem_of(changed) == (404, "not-found")
    assert problem_of(await post(f"/officers/{uuid4()}", {}, administrator, "PATCH")) == (404, "not-found")
    listed = await identity.client.get("/officers", headers=administrator.headers)
    assert str(stranger.id) not in listed.text


async def test_the_platform_s_administrator_acts_for_every_agency(identity, post, register, browser):
    await register(ADMINISTRATOR, "administrator", agency="platform")
    platform = await browser().sign_in(ADMINISTRATOR, "officer")
    body = {"pid": REVIEWER, "agency": OTHER_AGENCY, "roles": ["approver"]}
    created = await post("/officers", body, platform)
    assert created.json()["agency"] == OTHER_AGENCY
    changed = await post(f"/officers/{created.json()['id']}", {"roles": ["reviewer"]}, platform, "PATCH")
    assert changed.json()["roles"] == ["reviewer"]


async def test_nobody_changes_the_own_roles(post, administrator):
    own = f"/officers/{administrator.claims['sub']}"
    changed = await post(own, {"roles": ["administrator", "approver"]}, administrator, "PATCH")
    assert problem_of(changed) == (409, "own-record")


@pytest.mark.req("I6", part="the check digit, never quoted")
@pytest.mark.parametrize("pid", ["1101700000011", "9101700000016", "not a number"])
async def test_a_wrong_number_is_refused_and_not_repeated(post, administrator, pid):
    answer = await post("/officers", {"pid": pid, "agency": AGENCY, "roles": ["reviewer"]}, administrator)
    assert problem_of(answer) == (422, "unprocessable")
    assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == ("/pid", "pid")
    assert pid not in answer.text


@pytest.mark.parametrize("change", [{"roles": ["king"]}, {"roles": []}, {"agency": "1"}, {"salary": 1}])
async def test_unknown_roles_agencies_and_members_are_refused(post, administrator, change):
    body = {"pid": REVIEWER, "agency": AGENCY, "roles": ["reviewer"]} | change
    assert problem_of(await post("/officers", body, administrator)) == (422, "unprocessable")


async def test_only_administrators_administer(identity, register, browser):
    await register(REVIEWER, "reviewer")
    reviewer, citizen = await browser().sign_in(REVIEWER, "officer"), await browser().sign_in(SOMCHAI)
    for who in (reviewer, citizen):
        for path in ("/officers", "/clients"):
            assert problem_of(await identity.client.get(path, headers=who.headers)) == (403, "forbidden")
            assert problem_of(await identity.client.post(path, json={}, headers=who.headers)) == (403, "forbidden")
    assert problem_of(await identity.client.get("/officers")) == (401, "unauthenticated")


# ── clients ──────────────────────────────────────────────────────────────────────────────────────


NEW_CLIENT = {"name": "dbd-feed", "agency": AGENCY, "scopes": ["events.read"]}


@pytest.mark.req("I9", part="client credentials, secret shown once and stored hashed")
async def test_a_client_gets_tokens_with_its_scopes(identity, post, administrator):
    created = (await post("/clients", NEW_CLIENT, administrator)).json()
    client_id, secret = created["client_id"], created["client_secret"]
    grant = {"grant_type": "client_credentials"}
    by_basic = await identity.client.post("/token", data=grant, auth=BasicAuth(client_id, secret))
    by_form = await identity.client.post("/token", data=grant | {"client_id": client_id, "client_secret": secret})
    for answer in (by_basic, by_form):
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["refresh_token"] is None
    principal = await identity.kit.verifier.authenticate(f"Bearer {by_basic.json()['access_token']}")
    assert (principal.kind, principal.subject, principal.agency) == ("client", client_id, AGENCY)
    assert principal.scopes == {"events.read"}
    listed = await identity.client.get("/clients", headers=administrator.headers)
    assert [each["name"] for each in listed.json()] == ["dbd-feed"]
    assert secret not in listed.text
    (row,) = await identity.rows(select(Client))
    assert secret.encode() not in row["secret_hash"]


async def test_a_wrong_secret_or_id_is_refused(identity, post, administrator):
    created = (await post("/clients", NEW_CLIENT, administrator)).json()
    client_id, secret = created["client_id"], created["client_secret"]
    wrong = [(client_id, "wrong"), (str(uuid4()), secret), ("no-uuid", secret), (client_id, secret + "x")]
    for auth in wrong:
        answer = await identity.client.post("/token", data={"grant_type": "client_credentials"}, auth=BasicAuth(*auth))
        assert problem_of(answer) == (401, "invalid-client")
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic /w==", "Basic YWJj", "Bearer x"])
async def test_a_broken_basic_header_is_refused(identity, header):
    answer = await identity.client.post(
        "/token", data={"grant_type": "client_credentials"}, headers={"Authorization": header}
    )
    assert problem_of(answer) == (401, "invalid-client")


async def test_no_credentials_and_both_kinds_of_them_are_refused(identity):
    grant = {"grant_type": "client_credentials"}
    assert problem_of(await identity.client.post("/token", data=grant)) == (401, "invalid-client")
    both = grant | {"client_id": "a", "client_secret": "b"}
    answer = await identity.client.post("/token", data=both, auth=BasicAuth("a", "b"))
    assert problem_of(answer) == (401, "invalid-client")


async def test_clients_of_another_agency_and_unknown_scopes_are_refused(post, administrator):
    assert problem_of(await post("/clients", NEW_CLIENT | {"agency": OTHER_AGENCY}, administrator)) == (
        403, "agency-not-yours",
    )  # fmt: skip
    assert problem_of(await post("/clients", NEW_CLIENT | {"scopes": ["all"]}, administrator)) == (
        422, "unprocessable",
    )  # fmt: skip
    assert (await post("/clients", NEW_CLIENT, administrator)).status_code == 201
    assert problem_of(await post("/clients", NEW_CLIENT, administrator)) == (409, "client-exists")


# ── what others may know of a person ─────────────────────────────────────────────────────────────


@pytest.mark.req("I6", part="masked wherever shown")
async def test_each_service_sees_of_a_person_what_it_needs(identity, browser):
    person = (await browser().sign_in(SOMYING)).claims["sub"]
    body = {"ids": [person, str(uuid4())]}
    shown = {}
    for service in ("issuance", "request", "delivery", "review", "approval", "payment"):
        answer = await identity.client.post("/internal/claims/persons", json=body, headers=identity.as_service(service))
        items = answer.json()["items"]
        assert list(items) == [person]
        shown[service] = items[person]
        assert (shown[service]["name_th"], shown[service]["pid_masked"]) == (
            "นางสาว ทดสอบ กลาง สอง", "x-xxxx-xxxxx-02-2",
        )  # fmt: skip
    assert {service for service, claim in shown.items() if claim["pid"]} == {"issuance", "payment"}
    assert shown["issuance"]["pid"] == SOMYING
    assert {service for service, claim in shown.items() if claim["address"]} == {"issuance", "request"}
    assert shown["request"]["birthdate"] == "1984-11-30"
    for service in ("search", "gateway"):
        answer = await identity.client.post("/internal/claims/persons", json=body, headers=identity.as_service(service))
        assert problem_of(answer) == (403, "forbidden")


@pytest.mark.req("I6", part="masked wherever shown")
async def test_a_person_sees_the_own_number_masked(browser):
    citizen = await browser().sign_in(SOMCHAI)
    answer = await citizen.me()
    assert answer.json()["pid_masked"] == "x-xxxx-xxxxx-01-0"
    assert SOMCHAI not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_the_check_of_a_section_knows_the_configured_providers(identity):
    from kit.contracts.definition import section_for
    from kit.contracts.journey import Process

    section = section_for(licence_bundle(), Process.IDENTITY).model_dump(mode="json")
    check = "/internal/definitions/check"
    answer = await identity.client.post(check, json=section, headers=identity.as_service("gateway"))
    assert answer.json() == {"faults": []}
    section["steps"]["identity"]["aal"] = "3"
    answer = await identity.client.post(check, json=section, headers=identity.as_service("gateway"))
    assert [fault["path"] for fault in answer.json()["faults"]] == ["/steps/identity/aal"]


async def test_no_connection_is_held_while_a_secret_is_hashed(identity, post, administrator, monkeypatch):
    created = (await post("/clients", NEW_CLIENT, administrator)).json()
    loop, fits = asyncio.get_running_loop(), clients._fits

    def fits_after_another(*arguments):
        asyncio.run_coroutine_threadsafe(identity.read_beside(), loop).result(timeout=10)
        return fits(*arguments)

    monkeypatch.setattr(clients, "_fits", fits_after_another)
    form = {"grant_type": "client_credentials"}
    async with identity.one_connection():
        auth = BasicAuth(created["client_id"], created["client_secret"])
        assert (await identity.client.post("/token", data=form, auth=auth)).status_code == 200


async def test_no_connection_is_held_while_the_provider_is_asked(identity, browser, monkeypatch):
    provider = identity.kit.resource(Providers).named("thaid")
    ask = provider.authorization_url

    async def after_another(*arguments):
        await identity.read_beside()
        return await ask(*arguments)

    monkeypatch.setattr(provider, "authorization_url", after_another)
    async with identity.one_connection():
        assert (await browser().begin()).status_code == 201
