"""One-time codes, tokens, sessions and keys over HTTP, on real servers."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from jose import jwt
from sqlmodel import select

from kit.auth import Jwks, Principal
from kit.auth.tokens import verify
from kit.clock import clock
from kit.testing import AGENCY
from services.identity import commands
from services.identity.commands import SigningKeys
from services.identity.domain import Vault
from services.identity.models import Authentication, PersonSession, RefreshToken, SigningKey
from tests.identity.conftest import LOW, OTHER_REVIEWER, REVIEWER, SOMCHAI, Browser, key, thaid_settings
from tests.identity.test_oidc import problem_of

MINUTES_10 = timedelta(minutes=10)


async def end_reasons(identity) -> list[str | None]:
    return [row["end_reason"] for row in await identity.rows(select(PersonSession))]


# ── the one-time code ────────────────────────────────────────────────────────────────────────────


async def test_a_code_is_bound_to_the_verifier_of_whoever_began(browser):
    citizen = browser()
    code = (await citizen.answer(SOMCHAI)).json()["code"]
    refused = await citizen.redeem(code, verifier="another-" * 8)
    assert problem_of(refused) == (400, "invalid-grant")
    assert refused.json()["error"] == "invalid_grant"
    assert (await citizen.redeem(code)).status_code == 200


async def test_a_code_that_comes_again_ends_the_session_it_gave(identity, browser):
    citizen = browser()
    code = (await citizen.answer(SOMCHAI)).json()["code"]
    citizen.tokens = (await citizen.redeem(code)).json()
    assert problem_of(await citizen.redeem(code)) == (400, "invalid-grant")
    assert problem_of(await citizen.refresh()) == (400, "invalid-grant")
    assert problem_of(await citizen.me()) == (401, "session-ended")
    assert await end_reasons(identity) == ["code-reused"]


async def test_a_code_runs_out_after_a_minute(browser):
    citizen = browser()
    code = (await citizen.answer(SOMCHAI)).json()["code"]
    with clock.freeze(clock.now() + timedelta(seconds=60)):
        assert problem_of(await citizen.redeem(code)) == (400, "invalid-grant")


async def test_one_of_two_that_redeem_at_once_gets_tokens(browser):
    citizen = browser()
    code = (await citizen.answer(SOMCHAI)).json()["code"]
    answers = await asyncio.gather(*(citizen.redeem(code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "authorization_code", "code": "unknown", "code_verifier": "v" * 43},
        {"grant_type": "refresh_token", "refresh_token": "unknown"},
    ],
)
async def test_what_was_never_given_is_refused(identity, form):
    answer = await identity.client.post("/token", data=form)
    assert problem_of(answer) == (400, "invalid-grant")


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"grant_type": "password", "username": "a", "password": "b"},
        {"grant_type": "authorization_code", "code": "x"},
        {"grant_type": "authorization_code", "code": "x", "code_verifier": "short"},
        {"grant_type": "refresh_token"},
    ],
)
async def test_a_broken_token_request_is_a_problem(identity, form):
    answer = await identity.client.post("/token", data=form)
    assert problem_of(answer) == (422, "unprocessable")


# ── access tokens ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.req("I5", part="ES256, aud, exp, short life")
async def test_an_access_token_says_who_at_which_levels_for_a_quarter_of_an_hour(identity, browser):
    citizen = await browser().sign_in(SOMCHAI)
    token = citizen.tokens["access_token"]
    header, claims = jwt.get_unverified_header(token), citizen.claims
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": header["kid"]}
    document = (await identity.client.get("/.well-known/jwks.json")).json()
    assert (
        verify(
            token,
            Jwks.from_dict(document).get(header["kid"]),
            issuer="urn:paet:identity",
            audience="paet",
            max_life_s=900,
        )
        == claims
    )
    assert set(claims) == {
        "iss", "sub", "aud", "iat", "exp", "jti", "sid", "kind", "roles", "ial", "aal", "scope",
    }  # fmt: skip
    assert (claims["kind"], claims["ial"], claims["aal"], claims["roles"]) == ("citizen", "2.3", "2.2", [])
    assert claims["exp"] - claims["iat"] == citizen.tokens["expires_in"] == 900


@pytest.mark.req("I2")
async def test_levels_are_kept_per_session_and_one_too_low_is_named_with_the_way_up(browser):
    low = await browser().sign_in(LOW)
    assert low.claims["ial"] == "1.3"
    assert (await low.me()).json()["ial"] == "1.3"
    high = await browser().sign_in(SOMCHAI)
    assert high.claims["ial"] == "2.3"
    refused = await browser().answer(LOW, acr_values="urn:paet:ial:2.3 urn:paet:aal:2.1")
    assert problem_of(refused) == (403, "step-up-required")
    body = refused.json()
    assert (body["required_ial"], body["required_aal"]) == ("2.3", "2.1")
    assert (await browser().sign_in(SOMCHAI, acr_values=body["acr_values"])).claims["ial"] == "2.3"


@pytest.mark.req("I2", part="a level beyond the provider")
async def test_a_level_that_the_provider_never_reaches_is_said_at_once(browser):
    assert problem_of(await browser().begin(acr_values="urn:paet:ial:3")) == (422, "level-out-of-reach")
    assert problem_of(await browser().begin(acr_values="urn:paet:aal:9")) == (422, "unprocessable")


async def test_a_provider_is_never_believed_above_its_configured_level(harness_of, thaid_url, thaid):
    humble = thaid_settings(thaid_url, ial="2.1")
    async with harness_of("identity", providers=[humble], pid_encryption_key=key(), pid_lookup_key=key()) as harness:
        assert (await Browser(harness, thaid).sign_in(SOMCHAI)).claims["ial"] == "2.1"
        assert (await Browser(harness, thaid).sign_in(LOW)).claims["ial"] == "1.3"


async def test_one_person_keeps_one_random_id(browser):
    first, again, other = [(await browser().sign_in(pid)).claims for pid in (SOMCHAI, SOMCHAI, LOW)]
    assert first["sub"] == again["sub"] != other["sub"]
    assert first["sid"] != again["sid"]


# ── refresh and the end of sessions ──────────────────────────────────────────────────────────────


@pytest.mark.req("I5", part="refresh rotation with reuse detection")
async def test_a_refresh_token_that_comes_again_ends_the_session(identity, browser):
    citizen = await browser().sign_in(SOMCHAI)
    first = citizen.tokens["refresh_token"]
    second = (await citizen.refresh(first)).json()
    assert second["refresh_token"] != first
    third = (await citizen.refresh(second["refresh_token"])).json()
    assert problem_of(await citizen.refresh(first)) == (400, "invalid-grant")
    assert problem_of(await citizen.refresh(third["refresh_token"])) == (400, "invalid-grant")
    assert problem_of(await citizen.me()) == (401, "session-ended")
    assert await end_reasons(identity) == ["refresh-reused"]


async def test_refresh_tokens_lie_hashed(identity, browser):
    citizen = await browser().sign_in(SOMCHAI)
    rows = await identity.rows(select(RefreshToken))
    assert citizen.tokens["refresh_token"].encode() not in b"".join(row["hash"] for row in rows)


async def test_signing_out_ends_the_session_and_no_other(identity, browser):
    here, there = [await browser().sign_in(SOMCHAI) for _ in range(2)]
    for _ in range(2):
        assert (await identity.client.post("/sign-out", headers=here.headers)).status_code == 204
    assert problem_of(await here.refresh()) == (400, "invalid-grant")
    assert problem_of(await here.me()) == (401, "session-ended")
    assert (await there.refresh()).status_code == 200


@pytest.mark.req("I4", part="AAL2: 30 minutes idle, 12 hours in all")
async def test_a_session_at_aal2_ends_idle_after_30_minutes_and_in_any_case_after_12_hours(browser):
    with clock.freeze(clock.now()) as advance:
        idle, busy = [await browser().sign_in(SOMCHAI) for _ in range(2)]
        advance(timedelta(minutes=30))
        assert problem_of(await idle.refresh()) == (400, "invalid-grant")
    with clock.freeze(clock.now()) as advance:
        busy = await browser().sign_in(SOMCHAI)
        for _ in range(35):
            advance(timedelta(minutes=20))
            busy.tokens = (await busy.refresh()).raise_for_status().json()
        advance(MINUTES_10)
        busy.tokens = (await busy.refresh()).raise_for_status().json()
        assert busy.tokens["expires_in"] == 600
        advance(MINUTES_10)
        assert problem_of(await busy.refresh()) == (400, "invalid-grant")


# ── officers ─────────────────────────────────────────────────────────────────────────────────────


async def test_an_officer_s_token_has_roles_and_agency(register, browser):
    officer = await register(REVIEWER, "reviewer", "cashier")
    signed_in = await browser().sign_in(REVIEWER, "officer")
    claims = signed_in.claims
    assert (claims["kind"], claims["sub"], claims["agency"]) == ("officer", str(officer.id), AGENCY)
    assert claims["roles"] == ["cashier", "reviewer"]
    as_citizen = await browser().sign_in(REVIEWER)
    assert as_citizen.claims["kind"] == "citizen"
    assert as_citizen.claims["sub"] != claims["sub"]
    assert "agency" not in as_citizen.claims


async def test_an_officer_signs_in_while_an_administrator_changes_the_office(identity, register, browser):
    registered, officer = await register(REVIEWER, "reviewer"), browser()
    code = (await officer.answer(REVIEWER, "officer")).json()["code"]
    by = Principal("officer", str(uuid4()), frozenset({"administrator"}), AGENCY)
    async with identity.kit.database.transaction() as session:
        await commands.change_officer(session, by, registered.id, roles=["approver"], is_active=None)
        async with asyncio.timeout(5):
            assert (await officer.redeem(code)).status_code == 200


async def test_who_is_no_officer_cannot_sign_in_as_one(identity, browser):
    assert problem_of(await browser().answer(REVIEWER, "officer")) == (403, "officer-not-registered")
    (entry,) = await identity.rows(select(Authentication))
    assert (entry["result"], entry["session_id"]) == ("officer-not-registered", None)


async def test_changed_roles_come_with_the_next_refresh(register, browser):
    await register(REVIEWER, "reviewer")
    officer = await browser().sign_in(REVIEWER, "officer")
    await register(REVIEWER, "approver")
    officer.tokens = (await officer.refresh()).json()
    assert officer.claims["roles"] == ["approver"]


async def test_an_office_that_ends_ends_its_sessions(identity, register, browser, administrator):
    registered = await register(OTHER_REVIEWER, "reviewer")
    officer = await browser().sign_in(OTHER_REVIEWER, "officer")
    path = f"/officers/{registered.id}"
    for vague in (0, "no", "false"):
        unclear = await identity.client.patch(path, json={"is_active": vague}, headers=administrator.headers)
        assert problem_of(unclear)[0] == 422
    ended = await identity.client.patch(path, json={"is_active": False}, headers=administrator.headers)
    assert ended.json()["is_active"] is False
    assert problem_of(await officer.me()) == (401, "session-ended")
    assert problem_of(await officer.refresh()) == (400, "invalid-grant")
    assert problem_of(await browser().answer(OTHER_REVIEWER, "officer")) == (403, "officer-not-registered")


# ── the log of sign-ins ──────────────────────────────────────────────────────────────────────────


@pytest.mark.req("I6", part="the log of sign-ins")
async def test_every_sign_in_is_logged_with_levels_and_session_and_without_the_number(identity, browser):
    citizen = await browser().sign_in(SOMCHAI)
    (entry,) = await identity.rows(select(Authentication))
    assert (entry["result"], entry["purpose"], entry["provider"]) == ("verified", "citizen", "thaid")
    assert (entry["ial"], entry["aal"], entry["method"]) == ("2.3", "2.2", "app")
    assert str(entry["session_id"]) == citizen.claims["sid"]
    assert abs(entry["at"] - entry["authenticated_at"]) < timedelta(minutes=1)
    assert entry["pid_hash"] == identity.kit.resource(Vault).digest("pid", SOMCHAI)
    assert "pid" in entry["scopes"]
    assert SOMCHAI not in repr(entry)


# ── signing keys ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def fresh(harness_of, thaid_url):
    """A process that has no key yet."""
    keys = {"pid_encryption_key": key(), "pid_lookup_key": key()}
    async with harness_of("identity", providers=[thaid_settings(thaid_url)], **keys) as harness:
        yield harness


async def published_kids(identity) -> list[str]:
    return [each["kid"] for each in (await identity.client.get("/.well-known/jwks.json")).json()["keys"]]


async def rotate(identity):
    async with identity.kit.database.transaction() as session:
        vault, ahead = identity.kit.resource(Vault), identity.kit.settings.key_ahead_seconds
        return (await commands.rotate_key(session, vault, timedelta(seconds=ahead))).kid


@pytest.mark.req("I5", part="key rotation without an outage")
async def test_a_new_key_is_published_before_it_signs_and_the_old_one_after(fresh, thaid):
    old = await Browser(fresh, thaid).sign_in(SOMCHAI)
    kid = jwt.get_unverified_header(old.tokens["access_token"])["kid"]
    assert await published_kids(fresh) == [kid]
    new_kid = await rotate(fresh)
    assert await published_kids(fresh) == [kid, new_kid]
    still = await Browser(fresh, thaid).sign_in(SOMCHAI)
    assert jwt.get_unverified_header(still.tokens["access_token"])["kid"] == kid
    with clock.freeze(clock.now() + timedelta(seconds=fresh.kit.settings.key_ahead_seconds)) as advance:
        later = await Browser(fresh, thaid).sign_in(SOMCHAI)
        assert jwt.get_unverified_header(later.tokens["access_token"])["kid"] == new_kid
        assert await published_kids(fresh) == [kid, new_kid]
        assert (await later.me()).status_code == 200
        advance(timedelta(hours=2))
        assert await published_kids(fresh) == [new_kid]
        await rotate(fresh)
        assert kid not in {row["kid"] for row in await fresh.rows(select(SigningKey))}


async def test_processes_that_start_at_once_make_one_key(fresh):
    async def first_key() -> str:
        async with fresh.kit.database.transaction() as session:
            kid, _ = await SigningKeys(fresh.kit.resource(Vault)).signer(session)
            return kid

    kids = await asyncio.gather(*(first_key() for _ in range(5)))
    assert len(set(kids)) == len(await fresh.rows(select(SigningKey))) == 1


async def test_private_keys_lie_sealed(identity):
    (row,) = await identity.rows(select(SigningKey))
    assert b"PRIVATE KEY" not in row["private"]
