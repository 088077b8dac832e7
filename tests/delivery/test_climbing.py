"""Notices climb their ladders through failures, crashes, lost answers and reports in any order, by the real protocols.

Whatever happens: no outlet sends a notice to its addressee twice or under a second key, rungs are climbed in their
order, nobody is woken in the night, and in the end each notice is proved, read, or at the end of its ladder, with
evidence of what each channel did.
"""

import os
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from kit import crashpoint
from kit.clock import BANGKOK, clock
from kit.contracts.events import Granted
from services.delivery import commands
from services.delivery.domain import SHIPPED_RULES
from services.delivery.duework import ANSWERED, BEGUN
from services.delivery.models import Notice
from tests.delivery.conftest import ADDRESSES, climbing, doubles, tell
from tests.machines import Stage, stage

LADDER = [["line", "P2D"], ["sms", "PT4H"], ["email", "P1D"], ["post", "P7D"], ["pickup", None]]
CHANNELS = ("line", "sms", "post", "email")
MODES = ("refuse", "rate-limit", "outage", "drop-connection", "lose-answer", "lose", "bounce", "twice")
OF_MAIL = {"rate-limit": "tempfail", "outage": "tempfail", "lose": None, "twice": None}
NAMED = st.sets(st.sampled_from(list(ADDRESSES)), min_size=1)
POINTS = (BEGUN, ANSWERED, ANSWERED, crashpoint.BEFORE_DONE)
TURN = st.fixed_dictionaries({
    "mode": st.sampled_from(["lose-answer", *MODES, None]), "minutes": st.sampled_from([1, 1, 20, 90, 1500]),
    "dies": st.sampled_from([None, None, *POINTS]), "named": st.none() | NAMED,
    "reports": st.sampled_from([None, "all", "the last twice"]), "read": st.none() | st.none() | st.integers(0, 50),
})  # fmt: skip
EXAMPLES = 6 * max(DEPTH := int(os.environ.get("PAET_TEST_DEPTH", "0")), 1)
BEGIN = datetime(2026, 11, 24, 15, tzinfo=BANGKOK).astimezone(UTC)


class Crash(BaseException):
    """The process dies here: nothing that is not committed stays."""


class Climbs:
    """The service with its database and its providers, until every ladder is climbed."""

    def __init__(self, desk: Stage, outlets: Any, messages: Any, advance: Any, dying: list[str]) -> None:
        self.desk, self.outlets, self.messages, self.advance, self.dying = desk, outlets, messages, advance, dying
        desk.clear()
        messages.clear()
        for outlet in outlets.values():
            outlet.sent.clear()
            outlet.calls.clear()
            outlet.faults.clear()
        self.reported = dict.fromkeys(CHANNELS, 0)
        self.closed: dict[UUID, int] = {}
        self.languages: dict[UUID, str] = {}

    def turn(self, *, mode: Any, minutes: int, dies: Any, named: Any, reports: Any, read: Any) -> None:
        """Somebody more is told something, time passes, providers report, somebody reads."""
        if named:
            self.notice(named)
        self.work(minutes, mode, dies)
        if reports:
            self.report(again=reports != "all")
        if read is not None:
            self.read(read)
        self.nothing_is_sent_twice_or_out_of_turn()

    def notice(self, named: set[str]) -> None:
        event = self.desk.harness.handover(Granted, at="approval", journey=uuid7())
        addresses = {name: ADDRESSES[name] if name in named else None for name in ADDRESSES}
        language = self.languages[event.journey] = "en" if len(self.languages) % 2 else "th"
        self.desk.deliver(tell(self.desk.harness, event, person=event.journey, language=language, **addresses))

    def work(self, minutes: int, mode: str | None, dies: str | None) -> None:
        """Time passes; whatever channel has its turn does this wrong, once, and the process dies there."""
        for channel in CHANNELS:
            if wrong := OF_MAIL.get(mode, mode) if channel == "email" else mode:
                self.outlets.misbehave(channel, wrong, times=1, seconds=30)
        self.advance(timedelta(minutes=minutes))
        self.dying[:] = [dies] if dies else []
        with suppress(Crash):
            self.desk.work()
        self.dying.clear()
        for outlet in self.outlets.values():
            outlet.faults.clear()

    def report(self, *, again: bool) -> None:
        """What the providers have to tell comes, the last of it once more."""
        for channel in CHANNELS:
            calls, place = self.outlets[channel].calls, self.reported[channel]
            self.reported[channel] = len(calls)
            for call in [*calls[place:], *(calls[-1:] if again else [])]:
                answer = self.desk.call("POST", f"/delivery-reports/{channel}", dict(call.headers), content=call.body)
                assert answer.status_code == 200, answer.text

    def read(self, which: int) -> None:
        rows = self.desk.rows("SELECT id FROM notice ORDER BY id")

        async def open_it(session: Any, notice: UUID) -> None:
            await commands.mark_read(session, await session.get_one(Notice, notice), SHIPPED_RULES)

        if rows:
            self.desk.command(open_it, rows[which % len(rows)]["id"])

    def nothing_is_sent_twice_or_out_of_turn(self) -> None:
        for channel in ("line", "sms", "post"):
            sent = self.outlets[channel].sent
            assert [key for key, count in Counter(each.key for each in sent).items() if count > 1] == []
            of_notice = Counter(str(dict(each.content)).partition("/v1/inbox/")[2][:36] for each in sent)
            assert [notice for notice, count in of_notice.items() if count > 1] == []
            local = [each.at.astimezone(BANGKOK).time() for each in sent]
            assert channel == "post" or all(time(8) <= each < time(20) for each in local)
        rows = self.desk.rows("SELECT * FROM dispatch ORDER BY notice_id, rung")
        by_notice: dict[UUID, list[dict[str, Any]]] = {}
        for row in rows:
            by_notice.setdefault(row["notice_id"], []).append(row)
        for mine in by_notice.values():
            assert [row["rung"] for row in mine] == list(range(len(mine)))
            assert all(row["decision"] == "next" for row in mine[:-1])
            times = [row["tried_at"] for row in mine if row["tried_at"]]
            assert times == sorted(times)
            assert sum(row["state"] == "sending" for row in mine) <= 1
            assert not any(row["state"] == "sending" for row in mine[:-1])
        self._what_is_closed_stays_closed(by_notice)

    def _what_is_closed_stays_closed(self, by_notice: dict[UUID, list[dict[str, Any]]]) -> None:
        for notice, count in self.closed.items():
            assert len(by_notice.get(notice, [])) == count
        for notice, mine in by_notice.items():
            if mine[-1]["decision"] is not None:
                self.closed.setdefault(notice, len(mine))

    def end(self) -> None:
        """The providers behave again: every ladder comes to its end."""
        for outlet in self.outlets.values():
            outlet.faults.clear()
        for _ in range(40):
            self.advance(timedelta(hours=11))
            self.desk.work()
            if not self.desk.rows("SELECT 1 FROM due_work WHERE kind <> 'remove-past'"):
                break
        self.nothing_is_sent_twice_or_out_of_turn()
        assert self.desk.rows("SELECT * FROM due_work WHERE kind <> 'remove-past'") == []
        assert self.desk.rows("SELECT * FROM dispatch WHERE state = 'sending'") == []
        spoken = (
            "SELECT journey_id, language FROM dispatch JOIN notice ON notice.id = notice_id WHERE tried_at IS NOT NULL"
        )
        assert {(row["journey_id"], row["language"]) for row in self.desk.rows(spoken)} <= self.languages.items()
        last = "SELECT notice_id FROM dispatch WHERE decision <> 'next'"
        assert self.desk.rows(f"SELECT id FROM notice WHERE read_at IS NULL AND id NOT IN ({last})") == []
        evidence = "SELECT channel, message_id, state, reason, attempts FROM dispatch"
        rows = {row["message_id"]: row for row in self.desk.rows(evidence)}
        for channel in ("line", "sms", "post"):
            for each in self.outlets[channel].sent:
                row = rows[each.key]
                lost = {"failed": ("bounced", "unreachable", "answer-lost", "refused"), "skipped": ("read", "proved")}
                assert row["state"] in ("sent", "proved") or row["reason"] in lost[row["state"]]
                assert row["reason"] != "refused" or row["attempts"] > 1  # a repeat was, the first answer was lost
            keys = {each.key for each in self.outlets[channel].sent}
            mine = {key: row["state"] for key, row in rows.items() if row["channel"] == channel}
            assert {key for key, state in mine.items() if state in ("sent", "proved")} <= keys
        mails = {str(mail["Message-ID"]) for _, mail in self.messages.mails()}
        kept = {key for key, row in rows.items() if row["channel"] == "email" and row["state"] == "sent"}
        assert kept <= mails <= {key for key, row in rows.items() if row["channel"] == "email"}


@contextmanager
def desk_of(servers, folder, monkeypatch):
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    dying: list[str] = []

    def reach(point: str) -> None:
        if point in dying:
            dying.remove(point)
            raise Crash

    monkeypatch.setattr(crashpoint, "reach", reach)
    with doubles(folder / "mail") as (outlets, smtp_port):
        settings = {"smtp_port": smtp_port, "smtp_tls": False} | outlets.settings
        with stage("delivery", servers, folder, **settings) as desk, clock.freeze(BEGIN) as advance:
            climbing(desk.harness, LADDER)
            yield desk, outlets, outlets.mailbox, advance, dying


@pytest.mark.req("D3")
@pytest.mark.req("D6")
def test_every_notice_is_delivered_or_failed_with_evidence_and_never_sent_twice(servers, tmp_path, monkeypatch):
    with desk_of(servers, tmp_path, monkeypatch) as stood:

        @settings(
            max_examples=EXAMPLES, derandomize=not DEPTH, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(st.lists(TURN, min_size=9, max_size=9))
        def climb(turns: list[dict[str, Any]]) -> None:
            climbs = Climbs(*stood)
            climbs.notice(set(ADDRESSES))
            for turn in turns:
                climbs.turn(**turn)
            climbs.end()

        climb()
