"""``python -m kit.replay review``: send dead letters on their way again, after the cause is mended.

The event goes out under its own id: services that handled it already know it, the one that could not
takes it now. A replayed letter is removed; one that fails again becomes a new letter.
"""

import argparse
import asyncio
import os

import nats
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from kit.cloudevents import Event
from kit.messaging import DEAD_LETTERS
from kit.settings import Settings


async def replay(settings: Settings, service: str, event_id: str | None = None) -> list[str]:
    """Replay the dead letters of a service, or one of them; returns the ids of the events sent."""
    password = settings.secret_of("nats_operator_password")
    return await replay_at(settings.nats_url, settings.nats_operator_user or "", password, service, event_id)


async def replay_at(url: str, user: str, password: str, service: str, event_id: str | None = None) -> list[str]:
    """The same with a server and the operator's credentials."""
    client = await nats.connect(url, user=user, password=password)
    try:
        return await _replay_all(client.jetstream(), service, event_id)
    finally:
        await client.close()


async def _replay_all(jetstream: JetStreamContext, service: str, event_id: str | None) -> list[str]:
    sent: list[str] = []
    state = (await jetstream.stream_info(DEAD_LETTERS)).state
    if not state.messages:
        return sent
    for sequence in range(state.first_seq, state.last_seq + 1):
        try:
            letter = await jetstream.get_msg(DEAD_LETTERS, sequence)
        except NotFoundError:
            continue
        event = _event_of(letter) if letter.subject == f"deadletters.{service}" else None
        if event is not None and event_id in (None, str(event.id)):
            # Another message id, or the stream would take it for the duplicate that it is.
            headers = {"Nats-Msg-Id": f"{event.id}:replay:{sequence}"}
            await jetstream.publish((letter.headers or {})["Paet-Subject"], letter.data or b"", headers=headers)
            await jetstream.delete_msg(DEAD_LETTERS, sequence)
            sent.append(str(event.id))
    return sent


def _event_of(letter: RawStreamMsg) -> Event | None:
    try:
        return Event.from_json(letter.data or b"")
    except ValueError:
        return None  # never was an event; it stays for the operator to look at


def main() -> None:
    """Run from the command line, with the operator's credentials in the environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service")
    parser.add_argument("--event", help="only this event id")
    arguments = parser.parse_args()
    url, user = os.environ["PAET_NATS_URL"], os.environ["PAET_NATS_OPERATOR_USER"]
    password = os.environ["PAET_NATS_OPERATOR_PASSWORD"]
    for each in asyncio.run(replay_at(url, user, password, arguments.service, arguments.event)):
        print(each)


if __name__ == "__main__":
    main()
