"""What meets in the life of a licence, one meeting after another: acts, documents in the making, days, crashes."""

import importlib
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from kit.clock import clock, local_date
from kit.contracts.definition import Life
from kit.contracts.events import Expiring
from kit.migrations import planning
from services.issuance import commands, domain
from services.issuance.commands import Proposal, Told
from services.issuance.domain import Act, Loss, Status
from services.issuance.duework import lasting
from tests.issuance.conftest import REASONS
from tests.issuance.test_life_states import OFFICERS, START, Licence, status_of
from tests.machines import stage

FIRST, SECOND = OFFICERS


@pytest.fixture(scope="module")
def desk(servers, tmp_path_factory):
    with stage("issuance", servers, tmp_path_factory.mktemp("races")) as opened:
        yield opened


@pytest.fixture
def advance(desk):
    with clock.freeze(START) as move:
        yield move


@pytest.fixture
def licence(desk, advance, monkeypatch):
    return Licence(desk, monkeypatch)


def act(licence, kind, until=None):
    document = licence.newest()
    told = Proposal(kind, REASONS, until)
    proposal = licence.desk.command(commands.propose, FIRST, document.id, told, licence.terms)
    licence.desk.command(commands.confirm, SECOND, document.id, proposal.id, licence.terms)


def lose(licence):
    """A substitute is asked for and granted, and not made yet."""
    told = Told(Loss.LOST, local_date(clock.now()))
    wish = licence.desk.command(
        commands.ask_substitute, licence.holder, licence.event.journey, told, licence.terms
    )  # fmt: skip
    licence.desk.command(commands.grant_substitute, FIRST, wish.id, licence.terms)


def renew(licence):
    licence.desk.command(commands.renew, FIRST, licence.newest().id, REASONS, licence.terms)


def told(licence):
    return licence.desk.told()[licence.event.journey]


@pytest.mark.req("L6", part="a document that is revoked while another is made in its place has none")
@pytest.mark.parametrize("is_numbered", [False, True])
@pytest.mark.parametrize("order", [lose, renew])
def test_what_is_revoked_meanwhile_is_not_replaced(licence, advance, monkeypatch, is_numbered, order):
    if order is renew:
        advance(timedelta(days=300))
        licence.desk.work()
    order(licence)
    if is_numbered:
        dies_once(monkeypatch, "replace")
        licence.desk.work()
        assert licence.documents()[1].state == "issuing"
    act(licence, Act.REVOKE)
    advance(timedelta(minutes=5))
    licence.desk.work()
    first, second = licence.documents()
    assert (first.state, second.state, second.reason) == ("revoked", "stopped", "revoked")
    assert [name for name in told(licence) if name != "expiring"] == [
        "issued", "revoked", *(["voided"] if is_numbered and order is renew else []),
    ]  # fmt: skip
    void = licence.desk.rows("SELECT reason FROM number WHERE state = 'void'")
    assert [row["reason"] for row in void] == (["not-issued"] if is_numbered and order is renew else [])
    advance(timedelta(days=400))
    licence.desk.work()
    assert "expired" not in told(licence)


@pytest.mark.req("L6", part="a suspension goes over to what takes the place of a document")
def test_a_suspension_goes_over_to_the_substitute_and_ends_there(licence, advance):
    lose(licence)
    act(licence, Act.SUSPEND, local_date(clock.now()) + timedelta(days=2))
    licence.desk.work()
    first, second = licence.documents()
    assert (first.state, status_of(second)) == ("replaced", Status.SUSPENDED)
    advance(timedelta(days=3))
    assert status_of(second) is Status.VALID
    licence.desk.work()
    assert [each.state for each in licence.documents()] == ["replaced", "issued"]
    assert told(licence) == ["issued", "suspended", "replaced", "reinstated"]


@pytest.mark.req("L6", part="made once, whatever dies between two phases")
def test_a_process_that_dies_between_two_phases_makes_no_second_document(licence, advance, monkeypatch):
    lose(licence)
    for name in ("number_successor", "replace"):
        dies_once(monkeypatch, name)
        licence.desk.work()
        advance(timedelta(minutes=5))
    tokens = {each.token for each in licence.documents()[1:]}
    licence.desk.work()
    first, second = licence.documents()
    assert (first.state, second.state, second.number) == ("replaced", "issued", f"{first.number}-1")
    assert {second.token} == tokens
    assert told(licence) == ["issued", "replaced"]
    assert [row["state"] for row in licence.desk.rows("SELECT state FROM number")] == ["issued"]


def dies_once(monkeypatch, name):
    """The next transaction of that name is lost."""
    real = getattr(commands, name)

    async def lost(*_):
        monkeypatch.setattr(commands, name, real)
        raise ConnectionError(name)

    monkeypatch.setattr(commands, name, lost)


@pytest.mark.req("L6", part="what cannot be made gives way to the next order")
def test_what_failed_gives_way_to_the_next(licence):
    licence.fault = True
    lose(licence)
    licence.desk.work()
    assert [each.state for each in licence.documents()] == ["issued", "failed"]
    licence.fault = False
    lose(licence)
    licence.desk.work()
    first, failed, second = licence.documents()
    assert [each.state for each in (first, failed, second)] == ["replaced", "stopped", "issued"]
    assert (second.number, failed.reason) == (f"{first.number}-1", "superseded")


@pytest.mark.req("L8", part="expiry reminders: each lead once, day by day or in one jump, told twice never")
@pytest.mark.parametrize("days", [7, 50, 500])
def test_reminders_are_told_once_however_the_clock_goes(licence, advance, days):
    ends_on = licence.newest().valid_until
    for _ in range(0, 500, days):
        advance(timedelta(days=days))
        licence.desk.work()
        key = str(licence.newest().id)
        again = licence.desk.run(ended(lasting.expire(licence.desk.kit, key, {})))
        assert again is None or again.at > clock.now()
    assert told(licence) == ["issued", "expiring", "expiring", "expiring", "expired"]
    assert {fact.data.expires_on for fact in licence.desk.facts(Expiring)} == {ends_on}
    assert not licence.desk.rows("SELECT 1 FROM due_work")


async def ended(work):
    try:
        await work
    except lasting.Later as later:
        return later


@pytest.mark.req("L8", part="on its day, and a clock that goes back tells nothing again")
def test_a_reminder_comes_on_its_day(licence, advance):
    ends_on = licence.newest().valid_until
    for lead, count in ((91, 0), (90, 1), (31, 1), (30, 2), (8, 2), (7, 3), (0, 3), (-1, 4)):
        advance(domain.beginning_of(ends_on - timedelta(days=lead)) - clock.now())
        licence.desk.work()
        assert len(told(licence)) == 1 + count, lead
        advance(timedelta(days=-40))
        licence.desk.work()
        assert len(told(licence)) == 1 + count, lead


@pytest.mark.req("L8", part="revoked and replaced ones do not remind; what replaces one does")
def test_only_what_counts_reminds(licence, advance):
    advance(timedelta(days=280))
    licence.desk.work()
    lose(licence)
    licence.desk.work()
    advance(timedelta(days=200))
    licence.desk.work()
    first, second = licence.documents()
    said = [(fact.data.name, fact.data.document) for fact in licence.desk.facts() if fact.data.name.startswith("expir")]
    assert said == [("expiring", first.id), *[("expiring", second.id)] * 2, ("expired", second.id)]


@pytest.mark.req("L8", part="documents of a release that planned nothing are planned, once, in batches")
@pytest.mark.parametrize(("left", "expected"), [(200, 3), (60, 3), (20, 2), (3, 1)])
def test_what_was_issued_before_is_planned(licence, advance, monkeypatch, left, expected):
    """Of the leads that have passed the last is told, and no other."""
    ends_on = licence.newest().valid_until
    licence.desk.run(emptied(licence.desk))
    advance(domain.beginning_of(ends_on - timedelta(days=left)) - clock.now())
    monkeypatch.setattr(lasting, "BATCH", 1)
    licence.desk.work()
    for _ in range(2):
        advance(timedelta(days=1))
        licence.desk.work()
    assert [row["kind"] for row in licence.desk.rows("SELECT kind FROM due_work")] == ["expiry"]
    advance(timedelta(days=300))
    licence.desk.work()
    assert told(licence) == ["issued", *["expiring"] * expected, "expired"]


async def emptied(desk):
    """As the migration leaves it."""
    migration = importlib.import_module("services.issuance.migrations.versions.0005_life_of_a_licence")
    async with desk.kit.database.engine.begin() as connection:
        await connection.execute(text("DELETE FROM due_work"))
        await connection.execute(planning(*migration.PLANNED))
        await connection.execute(text("UPDATE due_work SET due_at = '2026-01-01'"))


def test_limits_that_a_definition_does_not_name_are_none():
    standing = domain.Standing(Status.VALID, date(2026, 2, 1), None, suspensions=99)
    domain.check(Act.SUSPEND, standing, Life())
    with pytest.raises(domain.ActForbidden):
        domain.check(Act.RENEW, standing, Life())
