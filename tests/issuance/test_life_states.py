"""The life of a licence as a state machine on the database: acts, wishes, faults and days, in any order and at once.

Whatever officers, holders and the calendar do: of one licence one document counts or none, it is worth what was done to
it, each act holds the one before, no proposal is settled twice or by its proposer, and every reminder is told once.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kit.auth import Principal
from kit.clock import clock, local_date
from kit.contracts.definition import section_for
from kit.contracts.journey import Process
from kit.documents import TemplateError
from kit.documents.seals import Seals
from services.issuance import commands, domain
from services.issuance.commands import Proposal, Told
from services.issuance.domain import Act, Loss, State, Status, Terms
from services.issuance.duework import composing, reissuing
from services.issuance.models import Document, DocumentAct
from tests.bundles import AGENCY
from tests.issuance.conftest import REASONS, Registry, living
from tests.issuance.test_states import NoSeals
from tests.machines import Stage, stage, walk

START = datetime(2026, 2, 1, 3, 0, tzinfo=UTC)
OFFICERS = [Principal("officer", str(uuid4()), frozenset({"approver"}), AGENCY) for _ in range(2)]
LIVE = ("issued", "suspended")
ENDS = {"expiring", "expired"}


class Licence:
    """One licence at the service, and whoever acts on it."""

    def __init__(self, desk: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.desk, self.registry, self.fault = desk, Registry(desk.harness), False
        desk.clear()
        desk.kit.provide(NoSeals(), Seals)
        monkeypatch.setattr(composing, "sealed", self.compose)
        monkeypatch.setattr(reissuing, "sealed_again", self.compose)
        monkeypatch.setattr(reissuing, "original_of", self.read)
        monkeypatch.setattr(reissuing, "_corrections_of", self.nothing)
        bundle = living()
        desk.harness.publish(bundle)
        section = section_for(bundle, Process.ISSUANCE)
        self.leads = section.settings("issuance").reminders
        self.terms = Terms.of(section, section.settings("issuance"))
        self.person = uuid4()
        self.event = self.registry.arrive(person=self.person)
        self.holder = Principal("citizen", str(self.person))
        desk.deliver(self.event, self.event)
        desk.work()

    async def compose(self, *_: Any) -> bytes:
        """Never the same twice; or the fault of the day."""
        if self.fault:
            raise TemplateError("the template has a fault")
        return b"%PDF " + uuid4().bytes

    async def read(self, *_: Any) -> bytes:
        """The data of the document before is not looked at here."""
        return b""

    async def nothing(self, *_: Any) -> dict[str, Any]:
        """An amendment is followed, whatever it corrects."""
        return {}

    def documents(self) -> list[Document]:
        return [Document(**row) for row in self.desk.rows("SELECT * FROM document ORDER BY id")]

    def acts(self) -> list[DocumentAct]:
        return [DocumentAct(**row) for row in self.desk.rows("SELECT * FROM document_act ORDER BY document_id, place")]

    def newest(self) -> Document:
        """The document that the holder has: the last that is on the register."""
        return [each for each in self.documents() if each.issued_at][-1]

    async def ask(self, function: Any, *arguments: Any) -> str | None:
        return await self.desk.asking(function, *arguments)


def status_of(document: Document) -> Status:
    today = local_date(clock.now())
    return domain.status_of(State(document.state), document.valid_until, today, document.suspended_until)


class Lives(RuleBasedStateMachine):
    """Act after act."""

    def __init__(self, licence: Licence, advance: Any) -> None:
        super().__init__()
        self.licence, self.desk, self.advance = licence, licence.desk, advance

    @rule(days=st.sampled_from([1, 14, 70, 280]))
    def wait(self, days: int) -> None:
        """However far the clock jumps."""
        self.advance(timedelta(days=days))
        self.licence.fault = False
        self.desk.work()

    @rule(act=st.sampled_from([Act.SUSPEND, Act.SUSPEND, Act.AMEND, Act.REVOKE]), days=st.integers(-1, 16))
    def propose(self, act: Act, days: int) -> None:
        document, me = self.licence.newest(), OFFICERS[0]
        until = local_date(clock.now()) + timedelta(days=days) if act is Act.SUSPEND else None
        told = Proposal(act, REASONS, until)
        told_twice = [self.licence.ask(commands.propose, me, document.id, told, self.licence.terms) for _ in range(2)]
        first, second = self.desk.at_once(*told_twice)
        assert first == second
        if first is None and act is Act.SUSPEND:
            assert 0 <= days < 15
            assert status_of(document) is Status.VALID

    @rule()
    def settle(self) -> None:
        """The proposer confirms, another confirms, another rejects, all at once: one of the others does."""
        open_ones = self.open_proposals()
        for each in open_ones:
            on = (each.document_id, each.id)
            before = next(one for one in self.licence.documents() if one.id == each.document_id)
            answers = self.desk.abreast(
                "document",
                self.licence.ask(commands.confirm, OFFICERS[0], *on, self.licence.terms),
                self.licence.ask(commands.confirm, OFFICERS[1], *on, self.licence.terms),
                self.licence.ask(commands.reject, OFFICERS[1], *on, "x", self.licence.terms),
            )
            assert answers[0] in ("confirmer-is-proposer", "proposal-settled")
            assert answers[1:].count(None) == 1
            if answers[1] is None:
                assert status_of(before) in domain.acts.WORTH[Act(each.act)]

    @rule()
    def reinstate(self) -> None:
        document = self.licence.newest()
        was = status_of(document)
        both = [
            self.licence.ask(commands.reinstate, each, document.id, REASONS, self.licence.terms) for each in OFFICERS
        ]
        answers = self.desk.abreast("document", *both)
        assert answers.count(None) == (was is Status.SUSPENDED)

    @rule(reason=st.sampled_from(Loss), is_granted=st.booleans(), fault=st.booleans(), is_made=st.booleans())
    def lose(self, reason: Loss, is_granted: bool, fault: bool, is_made: bool) -> None:
        """A wish, and what becomes of it; the document may still be in the making when the next thing happens."""
        self.licence.fault = fault
        terms, told = self.licence.terms, Told(reason, local_date(clock.now()))
        asked = self.licence.holder, self.licence.event.journey, told, terms
        asking = [self.licence.ask(commands.ask_substitute, *asked) for _ in range(2)]
        first, second = self.desk.at_once(*asking)
        assert first == second
        for wish in self.desk.rows("SELECT id FROM substitute WHERE state = 'asked'"):
            if is_granted:
                granting = [self.licence.ask(commands.grant_substitute, each, wish["id"], terms) for each in OFFICERS]
                answers = self.desk.at_once(*granting)
                assert answers[0] == answers[1]
            else:
                refusal = self.licence.ask(commands.refuse_substitute, OFFICERS[0], wish["id"], REASONS, terms)
                assert self.desk.run(refusal) is None
        if is_made:
            self.desk.work()

    @rule(fault=st.booleans())
    def renew(self, fault: bool) -> None:
        self.licence.fault = fault
        document = self.licence.newest()
        both = [self.licence.ask(commands.renew, each, document.id, REASONS, self.licence.terms) for each in OFFICERS]
        answers = self.desk.abreast("document", *both)
        assert answers.count(None) <= 1
        self.desk.work()

    @rule()
    def make_twice_at_once(self) -> None:
        """Two processes at one document, as after one that was thought dead."""
        self.licence.fault = False
        for each in self.licence.documents():
            if each.state in ("requested", "issuing"):
                making = [reissuing.reissue(self.desk.kit, f"{each.id}:{each.attempt}", {}) for _ in range(2)]
                self.desk.at_once(*making)

    @rule()
    def try_again(self) -> None:
        self.licence.fault = False
        for each in self.licence.documents():
            if each.state == "failed":
                assert self.desk.run(self.licence.ask(commands.retry, OFFICERS[0], each.id)) is None
        self.desk.work()

    @rule()
    def hear_a_stray_end(self) -> None:
        event = self.licence.registry.withdrawal(self.licence.event)
        self.desk.deliver(event, event)

    def open_proposals(self) -> list[DocumentAct]:
        acts = self.licence.acts()
        settled = {each.proposal_id for each in acts}
        live = {each.id for each in self.licence.documents() if status_of_out(each) in (Status.VALID, Status.SUSPENDED)}
        return [
            each for each in acts
            if each.phase == "proposed" and each.id not in settled and each.document_id in live
        ]  # fmt: skip

    @invariant()
    def one_document_counts_or_none(self) -> None:
        documents = self.licence.documents()
        out = [each for each in documents if each.issued_at]
        assert all(each.state == State.REPLACED for each in out[:-1])
        assert out[-1].state in (*LIVE, State.REVOKED)
        assert {each.replaces for each in out[1:]} == {each.id for each in out[:-1]}
        numbers = self.desk.rows("SELECT year, running FROM number ORDER BY year, running")
        for year in {each["year"] for each in numbers}:
            runs = [each["running"] for each in numbers if each["year"] == year]
            assert runs == list(range(1, len(runs) + 1))
        assert len({each.number for each in out}) == len(out)
        assert not self.desk.rows("SELECT 1 FROM number JOIN document d ON d.id = document_id WHERE d.state = 'stopped'"
                                  " AND number.state <> 'void'")  # fmt: skip

    @invariant()
    def acts_hold(self) -> None:
        acts = self.licence.acts()
        by_id = {each.id: each for each in acts}
        for document in {each.document_id for each in acts}:
            chain = [each for each in acts if each.document_id == document]
            assert [each.place for each in chain] == list(range(len(chain)))
            assert domain.first_broken([(each.content(), each.previous, each.digest) for each in chain]) is None
        for each in acts:
            if each.phase == "confirmed" and each.act != Act.SUBSTITUTE:
                assert by_id[each.proposal_id].officer != each.officer
        revoked = {each.document_id for each in acts if (each.act, each.phase) == ("revoke", "confirmed")}
        assert revoked == {each.id for each in self.licence.documents() if each.state == State.REVOKED}

    @invariant()
    def what_is_told_was_done_once(self) -> None:
        acts, facts = self.licence.acts(), self.desk.facts()
        names = Counter(each.data.name for each in facts)
        done = Counter(each.act for each in acts if each.phase in ("confirmed", "done"))
        out = [each for each in self.licence.documents() if each.issued_at]
        assert (names["suspended"], names["revoked"]) == (done["suspend"], done["revoke"])
        assert names["reinstated"] <= done["reinstate"]
        assert names["replaced"] == len(out) - 1
        assert names["issued"] == 1
        today = local_date(clock.now())
        for each in out:
            days = domain.milestones(each.made_on, each.valid_until, self.licence.leads)
            told = [fact for fact in facts if fact.data.name in ENDS and fact.data.document == each.id]
            due = [day for day in days if day <= today]
            assert len(told) == len(due) if each.state in LIVE else len(told) <= len(due)
            assert [fact.data.name for fact in told][:3] == (["expiring"] * 3)[: min(len(told), len(days) - 1)]
        over = [place for place, each in enumerate(facts) if each.data.name == "revoked"]
        assert all(each.data.name not in ENDS for place in over for each in facts[place:])

    @invariant()
    def every_place_says_the_same(self) -> None:
        shown = self.desk.call("GET", "/register", {}, params={"limit": 100}).json()["items"]
        expected = {each.number: status_of(each).value for each in self.licence.documents() if each.issued_at}
        assert {each["number"]: each["status"] for each in shown} == expected
        newest = self.licence.newest()
        found = self.desk.call("GET", "/register", {}, params={"status": expected[newest.number]}).json()["items"]
        assert {each["number"] for each in found} == {
            number for number, status in expected.items() if status == expected[newest.number]
        }
        page = self.desk.call("GET", f"/verifications/{newest.token}", {}).json()
        assert page["status"] == expected[newest.number]


def status_of_out(document: Document) -> Status | None:
    return status_of(document) if document.issued_at else None


@pytest.mark.req("X4", part="issuance")
@pytest.mark.req("L6")
@pytest.mark.req("L8", part="expiry reminders, each once, however the clock jumps")
def test_a_licence_is_worth_what_was_done_to_it(servers, tmp_path, monkeypatch):
    with stage("issuance", servers, tmp_path) as desk, clock.freeze(START) as advance:

        def anew() -> Lives:
            advance(START - clock.now())
            return Lives(Licence(desk, monkeypatch), advance)

        walk(anew, examples=5, steps=20, shrinks=False)
