"""The relying party against the ThaiD double over real HTTP: one test for each weakness it must not have."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlmodel import select

from kit.clock import clock
from services.identity.models import Authentication, Person, PersonSession, SignIn
from tests.identity.conftest import CALLBACK, LOW, SOMCHAI


async def nothing_stored(identity) -> bool:
    """Neither a person nor a session came of it."""
    return not await identity.rows(select(Person)) and not await identity.rows(select(PersonSession))


def problem_of(response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["type"].rpartition(":")[2]


@pytest.mark.req("I1")
async def test_a_person_signs_in_with_thaid(browser):
    citizen = await browser().sign_in(SOMCHAI)
    me = (await citizen.me()).json()
    assert (me["kind"], me["name_th"], me["name_en"]) == ("citizen", "นาย ทดสอบ หนึ่ง", "Mr. Thotsop Nueng")
    assert (me["ial"], me["aal"], me["session"]["provider"]) == ("2.3", "2.2", "thaid")
    assert me["subject"] == citizen.claims["sub"]


@pytest.mark.req("I1", part="the authorisation request")
async def test_the_authorisation_request_has_state_nonce_and_pkce_and_asks_no_more_than_configured(browser, thaid):
    url = (await browser().begin()).json()["authorization_url"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{thaid.url}/api/v2/oauth2/auth/?")
    assert (asked["response_type"], asked["client_id"], asked["redirect_uri"]) == ("code", "paet", CALLBACK)
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 43
    assert len(asked["nonce"]) >= 43
    scopes = set(asked["scope"].split())
    assert {"openid", "pid", "ial"} <= scopes
    assert not {"gender", "smartcard_code"} & scopes
    again = parse_qs(urlsplit((await browser().begin()).json()["authorization_url"]).query)
    assert all(again[name][0] != asked[name] for name in ("state", "nonce", "code_challenge"))


@pytest.mark.req("I1", part="the checks of the ID token")
@pytest.mark.parametrize(
    "mode",
    ["wrong-nonce", "no-nonce", "wrong-issuer", "wrong-audience", "expired", "tampered", "alg-none", "unknown-kid"],
)
async def test_a_wrong_id_token_is_refused(identity, browser, thaid, mode):
    await thaid.misbehave(mode, times=1)
    assert problem_of(await browser().answer(SOMCHAI)) == (403, "sign-in-refused")
    assert await nothing_stored(identity)
    await browser().sign_in(SOMCHAI)


@pytest.mark.req("I1", part="key rotation")
@pytest.mark.parametrize("drop_old", [False, True])
async def test_a_rotated_key_is_fetched_when_it_is_met(browser, thaid, drop_old):
    await browser().sign_in(SOMCHAI)
    await thaid.rotate(drop_old=drop_old)
    await browser().sign_in(SOMCHAI)


async def test_a_state_that_was_never_given_is_refused(identity, browser, thaid):
    begun = await browser().begin()
    back = await thaid.visit(begun.json()["authorization_url"], SOMCHAI)
    answered = await identity.client.get("/sign-in/callback", params=back | {"state": "another"})
    assert problem_of(answered) == (400, "sign-in-unknown")
    assert await nothing_stored(identity)


async def test_the_provider_sends_another_state(browser, thaid):
    await thaid.misbehave("wrong-state", times=1)
    assert problem_of(await browser().answer(SOMCHAI)) == (400, "sign-in-unknown")


async def test_a_state_is_good_for_one_answer(identity, browser, thaid):
    begun = await browser().begin()
    back = await thaid.visit(begun.json()["authorization_url"], SOMCHAI)
    assert (await identity.client.get("/sign-in/callback", params=back)).status_code == 200
    assert problem_of(await identity.client.get("/sign-in/callback", params=back)) == (400, "sign-in-unknown")


async def test_a_refused_answer_spends_the_state_too(identity, browser, thaid):
    begun = await browser().begin()
    back = await thaid.visit(begun.json()["authorization_url"], SOMCHAI)
    wrong = await identity.client.get("/sign-in/callback", params=back | {"code": "wrong"})
    assert problem_of(wrong) == (403, "sign-in-refused")
    assert problem_of(await identity.client.get("/sign-in/callback", params=back)) == (400, "sign-in-unknown")


async def test_a_sign_in_runs_out_after_ten_minutes(identity, browser, thaid):
    begun = await browser().begin()
    back = await thaid.visit(begun.json()["authorization_url"], SOMCHAI)
    with clock.freeze(clock.now() + timedelta(minutes=10, seconds=1)):
        answered = await identity.client.get("/sign-in/callback", params=back)
    assert problem_of(answered) == (400, "sign-in-unknown")


async def test_an_answer_of_another_issuer_is_refused(identity, browser, thaid):
    begun = await browser().begin()
    back = await thaid.visit(begun.json()["authorization_url"], SOMCHAI)
    answered = await identity.client.get("/sign-in/callback", params=back | {"iss": "https://another.invalid"})
    assert problem_of(answered) == (403, "sign-in-refused")


async def test_another_sign_in_s_verifier_does_not_fit_at_the_provider(identity, browser, thaid):
    """A stolen provider code put into one's own sign-in: PKCE and nonce are of the other."""
    victim, thief = await browser().begin(), await browser().begin()
    stolen = await thaid.visit(victim.json()["authorization_url"], SOMCHAI)
    own = await thaid.visit(thief.json()["authorization_url"], LOW)
    answered = await identity.client.get("/sign-in/callback", params=own | {"code": stolen["code"]})
    assert problem_of(answered) == (403, "sign-in-refused")
    assert await nothing_stored(identity)


async def test_declining_is_said_and_logged(identity, browser, thaid):
    await thaid.misbehave("denied", times=1)
    answered = await browser().answer(SOMCHAI)
    assert problem_of(answered) == (403, "sign-in-denied")
    (entry,) = await identity.rows(select(Authentication))
    assert (entry["result"], entry["provider"], entry["pid_hash"]) == ("sign-in-denied", "thaid", None)


@pytest.mark.req("I13", part="an outage is said clearly, sessions go on")
async def test_an_outage_is_a_clear_problem_and_sessions_go_on(identity, browser, thaid):
    citizen = await browser().sign_in(SOMCHAI)
    waiting = await browser().begin()
    back = await thaid.visit(waiting.json()["authorization_url"], SOMCHAI)
    await thaid.misbehave("outage")
    answered = await identity.client.get("/sign-in/callback", params=back, headers={"Accept-Language": "en"})
    assert problem_of(answered) == (503, "provider-unavailable")
    assert "another one" in answered.json()["title"]
    assert int(answered.headers["retry-after"]) > 0
    assert (await citizen.me()).status_code == 200
    assert (await citizen.refresh()).status_code == 200


async def test_a_provider_that_was_never_reached_is_unavailable(harness_of, thaid):
    from kit.local.ports import free_port
    from tests.identity.conftest import Browser, key, thaid_settings

    away = thaid_settings(f"http://127.0.0.1:{free_port()}")
    async with harness_of("identity", providers=[away], pid_encryption_key=key(), pid_lookup_key=key()) as harness:
        assert problem_of(await Browser(harness, thaid).begin()) == (503, "provider-unavailable")
        assert await harness.rows(select(SignIn)) == []


async def test_an_unknown_provider_is_refused_with_the_names_of_those_there_are(browser):
    answered = await browser().begin(provider="another")
    assert problem_of(answered) == (422, "provider-unknown")
    assert "thaid" in answered.json()["errors"][0]["detail"]


async def test_a_wrong_check_digit_is_refused(identity, browser, thaid, monkeypatch):
    """The double's people all have good numbers, so its token is made to carry another."""
    from kit.local.doubles.thaid.people import Person as Somebody

    honest = Somebody.claims
    monkeypatch.setattr(Somebody, "claims", lambda self, scopes: honest(self, scopes) | {"pid": "1101700000011"})
    assert problem_of(await browser().answer(SOMCHAI)) == (403, "identity-incomplete")
    assert await nothing_stored(identity)


@pytest.mark.parametrize(
    ("mode", "stored"), [("birthdate-be", "1990-05-01"), ("birthdate-year", "1990"), ("birthdate-be-year", "1990")]
)
async def test_birth_dates_are_read_in_every_form(identity, browser, thaid, mode, stored):
    await thaid.misbehave(mode, times=1)
    citizen = await browser().sign_in(SOMCHAI)
    answer = await identity.client.post(
        "/internal/claims/persons", json={"ids": [citizen.claims["sub"]]}, headers=identity.as_service("issuance")
    )
    assert answer.json()["items"][citizen.claims["sub"]]["birthdate"] == stored


async def test_further_providers_are_configuration(harness_of, thaid_url, thaid):
    """A second one by its own discovery, scopes and levels; its secret from a file."""
    from tests.identity.conftest import Browser, key, thaid_settings

    second = thaid_settings(thaid_url, name="agency_idp", scopes=["openid", "pid", "name"], ial="2.1", ial_claim=None)
    both = [thaid_settings(thaid_url), second]
    async with harness_of("identity", providers=both, pid_encryption_key=key(), pid_lookup_key=key()) as harness:
        citizen = await Browser(harness, thaid).sign_in(SOMCHAI, provider="agency_idp")
        assert citizen.claims["ial"] == "2.1"
        assert (await Browser(harness, thaid).sign_in(SOMCHAI)).claims["sub"] == citizen.claims["sub"]
