"""A running suite whose processes are killed; every test ends with the invariants over all databases."""

import asyncio

import httpx
import nats
import pytest

from kit.local import bootstrap
from kit.local.layout import LAYOUT, free_ports
from kit.local.suite import Suite
from kit.local.visitor import Unexpected, Visitor
from kit.nats_access import OPERATOR

PASSING = {502, 503, 504}


class PatientVisitor(Visitor):
    """Tries again while a process is coming back; a repeat may find that the first try had got through."""

    def with_authorization(self, authorization: str) -> "PatientVisitor":
        return PatientVisitor(self.urls, self.http, authorization)

    async def send(self, method, path, **kwargs):
        async with asyncio.timeout(90):
            while True:
                try:
                    answer = await super().send(method, path, **kwargs)
                except httpx.TransportError:
                    answer = None
                if answer is not None and answer.status_code not in PASSING:
                    return answer
                self.has_repeated = True
                await asyncio.sleep(0.3)

    async def sign_in(self, pid, purpose="citizen"):
        """A code is good for one use: when its answer is lost, one signs in again."""
        for _ in range(4):
            try:
                return await super().sign_in(pid, purpose)
            except (Unexpected, httpx.TransportError):
                await asyncio.sleep(1)
        return await super().sign_in(pid, purpose)

    async def ask(self, method, path, **kwargs):
        self.has_repeated = False
        try:
            return await super().ask(method, path, **kwargs)
        except Unexpected as error:
            # The lost answer of a first try that had got through.
            if method == "POST" and self.has_repeated and " 409 " in str(error):
                return {}
            raise


@pytest.fixture(scope="session")
def crash_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crash")
    return {program.name: folder / program.name for program in LAYOUT.services}


@pytest.fixture(scope="session")
def suite(tmp_path_factory, crash_files):
    folder = tmp_path_factory.mktemp("faults")
    extras = {name: {"PAET_CRASH_FILE": str(path)} for name, path in crash_files.items()}
    built = Suite(folder / ".local", ports=free_ports(LAYOUT), extras=extras, say=lambda _: None)
    built.start()
    try:
        bootstrap.bootstrap(built)
        yield built
    finally:
        built.stop()


@pytest.fixture
async def anyone(suite):
    headers = {"Accept-Language": "en"}
    async with httpx.AsyncClient(base_url=suite.url("gateway"), timeout=30, headers=headers) as http:
        yield PatientVisitor(suite.urls(), http)


@pytest.fixture
def arm(crash_files):
    """Let processes kill themselves at a point, once each."""
    armed = []

    def arming(point, *services):
        for name in services:
            path = crash_files[name]
            half = path.with_suffix(".half")
            half.write_text(point, encoding="utf-8")
            half.replace(path)
            armed.append(path)

    yield arming
    for path in armed:
        path.unlink(missing_ok=True)


@pytest.fixture
def died(crash_files):
    """Whether an armed process has died at its point: it removed its file."""

    def check(name):
        return not crash_files[name].exists()

    return check


@pytest.fixture
async def operator(suite):
    """A bus connection with the operator's rights."""
    client = await nats.connect(suite.nats.url, user=OPERATOR, password=suite.state.password("nats", OPERATOR))
    yield client
    await client.close()
