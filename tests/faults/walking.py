"""People who walk journeys through a suite that is being disturbed: they try again, and know what they asked for."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
from nats.aio.msg import Msg

from kit.local import samples
from kit.local.visitor import Journey, Unexpected, Visitor
from tests.faults.stage import DEFINITION, Stage

PASSING = {429, 500, 502, 503, 504}
PATIENCE = 150.0
MARK = "ผู้รับที่ต้องไม่หลุด"
"""Stands in every form, and nowhere on the bus."""
EMAIL = "marked-applicant@paet.localhost"
KINDS = {"plain": 10, "duplicate": 1, "twice": 1, "callback-before-booked": 1, "withdrawn": 3}
"""What applicants do, by weight: pay in the bank's modes, or take the application back at some moment."""


class PatientVisitor(Visitor):
    """Tries again while a process is coming back; a repeat may find that the first try had got through."""

    def __init__(self, urls: Any, http: httpx.AsyncClient, authorization: str | None = None, pid: str = "") -> None:
        super().__init__(urls, http, authorization)
        self.pid, self.purpose = pid, "citizen"
        self.errors: list[str] = []
        self.has_repeated = False

    def with_authorization(self, authorization: str) -> "PatientVisitor":
        return PatientVisitor(self.urls, self.http, authorization)

    async def send(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """The first answer that is not about passing trouble; a token that has run out is renewed."""
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = await self._try(method, path, **kwargs)
                if answer is not None and answer.status_code == 401 and self.pid:
                    self.authorization = (await self.sign_in(self.pid, self.purpose)).authorization
                elif answer is not None and answer.status_code not in PASSING:
                    return answer
                self.has_repeated = True
                await asyncio.sleep(0.3)

    async def _try(self, method: str, path: str, **kwargs: Any) -> httpx.Response | None:
        try:
            answer = await super().send(method, path, **kwargs)
        except httpx.TransportError:
            return None
        if answer.status_code == 500:
            self.errors.append(f"{method} {path}: {answer.text[:300]}")
        return answer

    async def sign_in(self, pid: str, purpose: str = "citizen") -> "PatientVisitor":
        """A code is good for one use: when its answer is lost, one signs in again."""
        for _ in range(30):
            try:
                fresh = PatientVisitor(self.urls, self.http)
                signed = await Visitor.sign_in(fresh, pid, purpose)
            except (Unexpected, httpx.TransportError, KeyError):
                await asyncio.sleep(1)
                continue
            known = PatientVisitor(self.urls, self.http, signed.authorization, pid)
            known.purpose, known.errors = purpose, self.errors
            return known
        raise Unexpected("nobody can sign in")

    async def ask(self, method: str, path: str, **kwargs: Any) -> Any:
        """As a visitor asks; a refusal of what the lost first try had done is no refusal."""
        self.has_repeated = False
        try:
            return await super().ask(method, path, **kwargs)
        except Unexpected as error:
            if method == "POST" and self.has_repeated and " 409 " in str(error):
                return {}
            raise


@dataclass
class Observer:
    """What has been seen on the bus, by journey."""

    seen: set[tuple[str, str]]

    async def see(self, message: Msg) -> None:
        """Take down one event: `review.recommended` of which journey."""
        _, _, source, fact, _ = message.subject.split(".")
        head = message.data.find(b'"journeyid":"') + 13
        self.seen.add((message.data[head : head + 36].decode(errors="replace"), f"{source}.{fact}"))


@dataclass
class Walk:
    """One journey of one applicant, and what became of it."""

    kind: str
    journey: str | None = None
    outcome: str | None = None
    failure: str | None = None


def kinds(count: int, chance: random.Random) -> list[str]:
    """What ``count`` applicants do; the first goes all the way, for it is the one that is observed."""
    return ["plain", *chance.choices(list(KINDS), list(KINDS.values()), k=count - 1)]


async def walk(stage: Stage, citizen: PatientVisitor, going: Walk, pause: float) -> None:
    """Walk one journey to its end, whatever happens meanwhile; ``pause`` is when a withdrawer changes their mind."""
    try:
        async with asyncio.timeout(PATIENCE):
            journey = await citizen.start(DEFINITION)
            going.journey = journey.id
            await go_on(stage, journey, going, pause)
    except (Unexpected, TimeoutError, httpx.HTTPError) as error:
        going.failure = f"{type(error).__name__}: {error}"


async def go_on(stage: Stage, journey: Journey, going: Walk, pause: float) -> None:
    """Walk a journey that has been started to its end."""
    await _file(journey)
    if going.kind == "withdrawn":
        await asyncio.sleep(pause)
        await journey.visitor.send("POST", f"{journey.path}/withdrawal")
    going.outcome = await _to_the_end(stage, journey, going.kind)


async def _file(journey: Journey) -> None:
    form = {"purpose": "welfare", "recipient": MARK}
    try:
        await journey.fill(form, email=EMAIL)
    except Unexpected as error:
        if " 412 " not in str(error):
            raise  # otherwise the first save had got through and its answer was lost
    await journey.submit()


async def _to_the_end(stage: Stage, journey: Journey, kind: str) -> str:
    mode = kind if kind not in ("plain", "withdrawn") else "ok"
    has_paid = False
    while True:
        await _news(stage, journey.id, "delivery.completed" if has_paid else "payment.invoiced")
        if not has_paid:
            has_paid = await _pay(stage, journey, mode)
            if has_paid:
                continue
        seen = await journey.view()
        if seen["ended"]:
            return str(seen["ended"]["outcome"])


async def _news(stage: Stage, journey: str, fact: str) -> None:
    """Wait for an event, not for long: who watches the bus may have missed it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(1.5):
            while (journey, fact) not in stage.seen:
                await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)  # the event and what the gateway shows are a moment apart


async def _pay(stage: Stage, journey: Journey, mode: str) -> bool:
    bills = await journey.visitor.get(f"{journey.path}/invoices")
    bill = next((each for each in bills if each["state"] == "open"), None)
    if bill is None:
        return False
    order = {"qr": bill["promptpay"], "mode": mode}
    try:
        answer = await journey.visitor.http.post(f"{stage.suite.url('bank')}/_control/pay", json=order)
    except httpx.TransportError:
        return False  # a connection that was kept too long: whoever pays looks whether it is paid, and tries again
    if answer.is_server_error:
        return False  # the bank's double stands on the same disk: whoever pays tries again
    if answer.status_code != httpx.codes.CREATED:
        raise Unexpected(f"the bank did not take the payment: {answer.status_code} {answer.text}")
    return True


async def citizen_of(stage: Stage, http: httpx.AsyncClient) -> PatientVisitor:
    """Sign in the first synthetic citizen."""
    return await PatientVisitor(stage.suite.urls(), http).sign_in(samples.CITIZENS["first"])
