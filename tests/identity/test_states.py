"""Sessions, one-time codes and refresh tokens as a state machine, and the rotation of keys alone.

Whatever browsers, thieves, officers' offices and time do, in any order: a code and a refresh token count once, what
comes again ends the session, what has ended gives nothing any more, and a key that signs is always published.
"""

from base64 import urlsafe_b64encode
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kit.auth import Principal
from kit.clock import clock
from kit.testing import AGENCY
from services.identity import commands
from services.identity.commands import Mint, Tokens, Wish
from services.identity.domain import Proof, Reach, Vault, published, signer
from tests.identity.conftest import REVIEWER, SOMCHAI, key
from tests.machines import Stage, explained, stage, walk

START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
MINUTE, TOKEN_LIFE = timedelta(minutes=1), timedelta(hours=1)
IDLE, WHOLE = timedelta(minutes=30), timedelta(hours=12)
"""Of a session at AAL 2.2."""


@dataclass(frozen=True)
class Key:
    """One signing key, by its times."""

    name: int
    active_from: datetime


class Keys(RuleBasedStateMachine):
    """Rotations at any time, ahead by any time: every token stays verifiable as long as it lives."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.made = START, 1
        self.keys = [Key(0, START)]
        self.tokens: list[tuple[Key, datetime]] = []

    @rule(minutes=st.sampled_from([1, 59, 61, 121]))
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule(minutes=st.sampled_from([0, 0, 15, 60]))
    def rotate(self, minutes: int) -> None:
        self.keys = [*published(self.keys, self.now), Key(self.made, self.now + minutes * MINUTE)]
        self.made += 1

    @rule()
    def sign(self) -> None:
        found = signer(self.keys, self.now)
        assert found is not None
        self.tokens.append((found, self.now + TOKEN_LIFE))

    @invariant()
    def what_was_signed_can_be_verified(self) -> None:
        shown = published(self.keys, self.now)
        assert signer(self.keys, self.now) in shown
        assert {each for each, until in self.tokens if self.now < until} <= set(shown)


@pytest.mark.req("X4", part="identity")
def test_rotated_keys_verify_what_they_signed():
    walk(Keys, examples=150, steps=15)


@dataclass(frozen=True)
class Model:
    """One session as the test believes it to be."""

    is_officer: bool
    code_until: datetime
    is_redeemed: bool = False
    started_at: datetime | None = None
    used_at: datetime | None = None
    tokens: int = 0
    """How many refresh tokens it has had; only the last one counts."""
    end: str | None = None

    def ended(self, reason: str) -> "Model":
        return replace(self, end=self.end or reason)


def redeem(model: Model, is_right: bool = True) -> tuple[Model, bool]:
    if model.is_redeemed:
        return model.ended("code-reused"), False
    if not is_right or clock.now() >= model.code_until:
        return model, False
    return given(replace(model, is_redeemed=True, started_at=clock.now()))


def refresh(model: Model, back: int = 0) -> tuple[Model, bool]:
    if model.end or not model.tokens or model.started_at is None or model.used_at is None:
        return model, False
    if min(back, model.tokens - 1) > 0:
        return model.ended("refresh-reused"), False
    if clock.now() >= min(model.started_at + WHOLE, model.used_at + IDLE):
        return model.ended("limit"), False
    return given(model)


def given(model: Model) -> tuple[Model, bool]:
    if model.end:
        return model, False
    return replace(model, tokens=model.tokens + 1, used_at=clock.now()), True


def sign_out(model: Model) -> tuple[Model, None]:
    return model.ended("signed-out"), None


def close_office(model: Model) -> tuple[Model, None]:
    return model.ended("officer-inactive") if model.is_officer else model, None


STEPS = {"redeem": redeem, "refresh": refresh, "sign_out": sign_out, "close_office": close_office}
ACTS = st.one_of(
    st.tuples(st.just("redeem"), st.sampled_from([True, True, False])),
    st.tuples(st.just("refresh"), st.sampled_from([0, 0, 0, 1, 2])),
    st.tuples(st.just("refresh"), st.just(0)),
    st.just(("sign_out",)),
)


class Provider:
    """Proves whoever comes, at the levels of ThaiD."""

    name, issuer, scopes, reach = "thaid", "https://thaid.example.go.th", (), Reach("2.3", "2.2")

    def named(self, _: str) -> "Provider":
        return self

    async def authorization_url(self, state: str, *_: str) -> str:
        return state


class Gate:
    """The service, its sessions, and what the test believes of each of them."""

    def __init__(self, desk: Stage) -> None:
        self.desk, self.vault = desk, desk.kit.resource(Vault)
        desk.clear()
        self.models: dict[UUID, Model] = {}
        self.secrets: dict[UUID, dict[str, Any]] = {}
        self.office = desk.command(commands.ensure_officer, self.vault, REVIEWER, AGENCY, ["reviewer"]).id
        self.is_office_open = True

    def sign_in(self, *, is_officer: bool) -> UUID | None:
        """Sign in up to the one-time code; None when the office is closed."""
        verifier = uuid4().hex + uuid4().hex
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        wish = Wish("officer" if is_officer else "citizen", "thaid", challenge)
        begun, state = self.desk.run(commands.prepare_sign_in(Provider(), wish, 600))
        self.desk.command(commands.begin_sign_in, begun)
        pending = self.desk.command(commands.take_sign_in, state)
        assert self.desk.run(self.desk.asking(commands.take_sign_in, state)) == "sign-in-unknown"
        proof = Proof(
            provider="thaid", subject="x", pid=REVIEWER if is_officer else SOMCHAI, name_th="ก", name_en=None,
            birthdate=None, address=None, ial="2.3", aal="2.2", method="app", authenticated_at=clock.now(),
        )  # fmt: skip
        code = self.desk.command(commands.complete_sign_in, self.vault, pending, proof, (), 60)
        assert isinstance(code, str) == (self.is_office_open or not is_officer)
        if not isinstance(code, str):
            return None
        ((session,),) = [
            row.values() for row in self.desk.rows("SELECT id FROM session") if row["id"] not in self.models
        ]
        self.models[session] = Model(is_officer, clock.now() + MINUTE)
        self.secrets[session] = {"code": code, "verifier": verifier, "tokens": []}
        return session

    async def doing(self, session: UUID, act: tuple[Any, ...]) -> bool | None:
        name, *how = act
        known, mint = self.secrets[session], self.desk.kit.resource(Mint)
        if name == "sign_out":
            return await self.desk.commanding(commands.sign_out, session)
        if name == "close_office":
            return await self.change_office(is_open=False)
        if name == "redeem":
            verifier = known["verifier"] if how[0] else "another-" * 8
            answer = await self.desk.commanding(commands.redeem_code, mint, known["code"], verifier)
        else:
            tokens = known["tokens"] or ["never given"]
            answer = await self.desk.commanding(commands.refresh, mint, tokens[-1 - min(how[0], len(tokens) - 1)])
        if isinstance(answer, Tokens):
            known["tokens"].append(answer.refresh)
        return isinstance(answer, Tokens)

    async def change_office(self, *, is_open: bool) -> None:
        by = Principal("officer", str(uuid4()), frozenset({"administrator"}), AGENCY)
        await self.desk.commanding(commands.change_officer, by, self.office, roles=None, is_active=is_open)

    def check(self) -> None:
        rows = {row["id"]: row for row in self.desk.rows("SELECT * FROM session")}
        unspent = self.desk.rows("SELECT session_id FROM refresh_token WHERE spent_at IS NULL")
        counts = Counter(row["session_id"] for row in unspent)
        assert rows.keys() == self.models.keys()
        for session, model in self.models.items():
            row = rows[session]
            assert (row["end_reason"], row["ended_at"] is not None) == (model.end, model.end is not None)
            assert (row["started_at"], row["used_at"]) == (model.started_at, model.used_at)
            assert counts[session] == min(model.tokens, 1)


class Sessions(RuleBasedStateMachine):
    """The service with its database, act after act, on a citizen's session and an officer's."""

    def __init__(self, desk: Stage, advance: Any) -> None:
        super().__init__()
        self.gate, self.desk, self.advance = Gate(desk), desk, advance
        self.sessions = [self.gate.sign_in(is_officer=each) for each in (False, True, False, True)]
        for session in self.sessions[2:]:
            assert self.desk.run(self.gate.doing(session, ("redeem", True)))
            self.gate.models[session], _ = redeem(self.gate.models[session])

    @rule(which=st.integers(0, 9), act=ACTS)
    def act(self, which: int, act: tuple[Any, ...]) -> None:
        session = self.sessions[which % len(self.sessions)]
        answer = self.desk.run(self.gate.doing(session, act))
        self.gate.models[session], expected = STEPS[act[0]](self.gate.models[session], *act[1:])
        assert answer is expected

    @rule(is_officer=st.booleans())
    def sign_in(self, is_officer: bool) -> None:
        found = self.gate.sign_in(is_officer=is_officer)
        if found is not None:
            self.sessions.append(found)

    @rule(is_open=st.booleans())
    def change_office(self, is_open: bool) -> None:
        self.desk.run(self.gate.change_office(is_open=is_open))
        self.gate.is_office_open = is_open
        if not is_open:
            self.gate.models = {each: close_office(model)[0] for each, model in self.gate.models.items()}

    @rule(minutes=st.sampled_from([0.5, 1, 29, 29, 30, 400]))
    def wait(self, minutes: float) -> None:
        self.advance(minutes * MINUTE)

    @invariant()
    def everything_is_as_believed(self) -> None:
        self.gate.check()


@contextmanager
def desk_of(servers, folder):
    keys = {"pid_encryption_key": key(), "pid_lookup_key": key()}
    with stage("identity", servers, folder, providers=[], **keys) as desk, clock.freeze(START) as advance:
        yield desk, advance


@pytest.mark.req("X4", part="identity")
def test_sessions_agree_with_their_rules_whatever_comes_in_whatever_order(servers, tmp_path):
    with desk_of(servers, tmp_path) as (desk, advance):
        walk(lambda: Sessions(desk, advance), examples=8, steps=30, shrinks=False)


RIVALS = [("redeem",), ("redeem", False), ("refresh",), ("sign_out",), ("close_office",)]


@pytest.mark.req("X4", part="identity")
def test_of_any_two_that_meet_at_one_session_one_goes_first(servers, tmp_path):
    with desk_of(servers, tmp_path) as (desk, _):
        for is_redeemed, first, second in product((True, False), RIVALS, RIVALS):
            gate = Gate(desk)
            session = gate.sign_in(is_officer=True)
            assert session is not None
            if is_redeemed:
                assert desk.run(gate.doing(session, ("redeem", True)))
                gate.models[session], _ = redeem(gate.models[session])
            acts = [(*each, *DEFAULTS.get(each, ())) for each in (first, second)]
            answers = desk.abreast("session", *(gate.doing(session, each) for each in acts))
            steps = [partial(meeting, act=each, is_redeemed=is_redeemed) for each in acts]
            (row,) = desk.rows("SELECT end_reason, started_at FROM session")
            seen = row["end_reason"], row["started_at"]
            gate.models[session] = explained(
                gate.models[session], steps, answers, lambda m, seen=seen: (m.end, m.started_at) == seen
            )
            gate.check()


DEFAULTS: dict[tuple[Any, ...], tuple[Any, ...]] = {("redeem",): (True,), ("refresh",): (0,)}


def meeting(model: Model, act: tuple[Any, ...], is_redeemed: bool) -> tuple[Model, Any]:
    """One of two that meet: whoever refreshes has the token that counted before they met."""
    if act[0] == "refresh":
        return refresh(model, model.tokens - 1) if is_redeemed else (model, False)
    return STEPS[act[0]](model, *act[1:])
