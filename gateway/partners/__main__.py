"""``python -m gateway.partners``: the operator's commands about partners on the bus.

``provision`` makes what the agreements of a folder want (``kit.migrate`` of the gateway does the same);
``replay <name> [--since <time>]`` lets a partner read anew; ``end <name>`` deletes what was copied for it.
The bus and the operator's credentials come from the environment, as for ``kit.migrate``.
"""

import argparse
import asyncio
import os
import sys
from datetime import datetime
from pathlib import Path

import nats
from nats.js.errors import NotFoundError

from gateway.commands import partners
from kit.clock import BANGKOK

AGREEMENTS = Path(__file__).parent


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    root = argparse.ArgumentParser(prog="python -m gateway.partners", description=__doc__)
    commands = root.add_subparsers(dest="command", required=True)
    provision = commands.add_parser("provision", help="make what the agreements want")
    provision.add_argument("folder", nargs="?", type=Path, default=AGREEMENTS)
    replay = commands.add_parser("replay", help="let a partner read its events anew")
    replay.add_argument("name")
    replay.add_argument("--since", type=_time, help="ISO time, Bangkok where it names no zone; else all there is")
    end = commands.add_parser("end", help="delete what was copied for a partner")
    end.add_argument("name")
    return root


def _time(text: str) -> datetime:
    given = datetime.fromisoformat(text)
    return given if given.tzinfo else given.replace(tzinfo=BANGKOK)


async def run(arguments: argparse.Namespace) -> None:
    """Do what was asked, on the bus of the environment."""
    client = await nats.connect(
        os.environ["PAET_NATS_URL"],
        user=os.environ["PAET_NATS_OPERATOR_USER"],
        password=os.environ["PAET_NATS_OPERATOR_PASSWORD"],
    )
    try:
        jetstream = client.jetstream(timeout=10)
        if arguments.command == "provision":
            replicas = int(os.environ.get("PAET_NATS_REPLICAS", "1"))
            await partners.provision(jetstream, partners.read_agreements(arguments.folder), replicas)
        elif arguments.command == "replay":
            await partners.replay(jetstream, arguments.name, arguments.since)
        else:
            await partners.end(jetstream, arguments.name)
    finally:
        await client.close()


def main() -> int:
    """Run from the command line; 1 when there is no such partner or an agreement is none."""
    try:
        asyncio.run(run(parser().parse_args()))
    except NotFoundError:
        print("no such partner on the bus", file=sys.stderr)  # noqa: T201
        return 1
    except partners.InvalidAgreement as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
