"""A poison event on the running suite: dead with its reason, the queue goes on, replayed once its cause is mended."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from kit.local.suite import ROOT
from kit.nats_access import OPERATOR
from tests.faults import bus, invariants
from tests.faults.matrix import playing
from tests.faults.stage import DEFINITION
from tests.faults.tables import change
from tests.faults.walking import Walk, go_on, walk


def replay(stage, service):
    """The operator's command."""
    environment = {
        **os.environ,
        "PAET_NATS_URL": stage.suite.nats.url,
        "PAET_NATS_OPERATOR_USER": OPERATOR,
        "PAET_NATS_OPERATOR_PASSWORD": stage.suite.state.password("nats", OPERATOR),
    }
    command = [sys.executable, "-m", "kit.replay", service]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)


async def one_letter(stage, seconds=40):
    async with asyncio.timeout(seconds):
        while not (found := await bus.letters(stage)):
            await asyncio.sleep(0.3)
    [letter] = found
    return letter


@pytest.mark.req("X3")
async def test_a_poison_event_dies_with_its_reason_and_lives_after_its_cause_is_mended(stage):
    poisoned, sound = Walk("plain"), Walk("plain")
    async with playing(stage) as play:
        # The schema of review is wrong for one journey alone: nothing that waiting would mend.
        journey = await play.citizen.start(DEFINITION)
        poisoned.journey = journey.id
        broken = f"ALTER TABLE cases ADD CONSTRAINT broken CHECK (journey_id <> '{poisoned.journey}')"
        await change(stage, "review", broken)
        going = asyncio.create_task(go_on(stage, journey, poisoned, 0))
        try:
            await walk(stage, play.citizen, sound, 0)
            assert sound.outcome == "passed", "the queue goes on behind what cannot be handled"
            letter = await one_letter(stage)
            assert not going.done(), "the poisoned journey waits"
        finally:
            await change(stage, "review", "ALTER TABLE cases DROP CONSTRAINT broken")
        event, headers = json.loads(letter.data), letter.headers
        assert (event["type"], event["journeyid"]) == ("paet.request.submitted.v1", poisoned.journey)
        assert letter.subject == "deadletters.review"
        assert headers["Paet-Consumer"] == "open_case"
        assert "23514" in headers["Paet-Reason"], "the SQLSTATE of a violated check"
        assert headers["Paet-Subject"] == "events.22000000.request.submitted.review"
        assert replay(stage, "review").stdout.split() == [event["id"]]
        await going
    assert poisoned.outcome == "passed"
    assert await bus.letters(stage) == []
    await invariants.hold(stage, poisoned.journey, sound.journey)
