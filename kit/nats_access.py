"""Who may do what on the bus: the accounts block of the NATS configuration. Touches no server.

The platform's account holds the streams. Every service has a user that publishes its own facts and dead
letters and reads its own durable consumer, nothing else; `operator` makes streams and consumers. A partner
has an account of its own, from which one durable consumer of one stream is reachable and nothing else.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OPERATOR = "operator"
EVENTS = "EVENTS"
DEAD_LETTERS = "DEADLETTERS"
API_PREFIX = "PAET.API"
"""The JetStream API prefix that a partner's client is told."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class PartnerGrant:
    """A partner's way in: its user, named as the partner, with a plain password or its bcrypt hash."""

    password: str


def inbox(user: str) -> str:
    """The `inbox_prefix` that a user connects with; it may subscribe to nothing else."""
    return f"_INBOX_{user}"


def partner_stream(name: str) -> str:
    """The stream that holds what the partner may see; its durable consumer has the partner's name."""
    return f"PARTNER_{name.upper()}"


def render(services: Sequence[str], passwords: Mapping[str, str], partners: Mapping[str, PartnerGrant]) -> str:
    """The `accounts` block for nats-server: `passwords` has one per service and `operator`, plain or bcrypt.

    Raises ValueError on a name that is not lower-case letters, digits and `_`, KeyError without a password.
    """
    for name in (*services, *partners):
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a plain name for NATS: {name!r}")
    platform = {
        "jetstream": "enabled",
        "users": [
            {"user": OPERATOR, "password": passwords[OPERATOR]},
            *(_user(name, passwords[name], _service_subjects(name)) for name in services),
        ],
        "exports": [export for name in partners for export in _exports(name)],
    }
    accounts = {"PLATFORM": platform} | {partner_stream(name): _partner(name, partners[name]) for name in partners}
    return f"accounts: {json.dumps(accounts, indent=1)}\n"


def _user(name: str, password: str, publish: list[str]) -> dict[str, Any]:
    return {
        "user": name,
        "password": password,
        "permissions": {"publish": {"allow": publish}, "subscribe": {"allow": [f"{inbox(name)}.>"]}},
    }


def _consumer_subjects(stream: str, durable: str) -> list[str]:
    return [
        f"$JS.API.CONSUMER.INFO.{stream}.{durable}",
        f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}",
        f"$JS.ACK.{stream}.{durable}.>",
    ]


def _service_subjects(name: str) -> list[str]:
    # How many dead letters there are may be asked; the letters themselves are the operator's.
    counting = f"$JS.API.STREAM.INFO.{DEAD_LETTERS}"
    return [f"events.*.{name}.>", f"deadletters.{name}", counting, *_consumer_subjects(EVENTS, name)]


def _exports(name: str) -> list[dict[str, Any]]:
    """What the platform lends to a partner; one request for events brings many answers."""
    account = partner_stream(name)
    info, fetch, acknowledge = _consumer_subjects(account, name)
    return [
        {"service": info, "accounts": [account]},
        {"service": fetch, "accounts": [account], "response_type": "stream"},
        {"service": acknowledge, "accounts": [account]},
    ]


def _partner(name: str, grant: PartnerGrant) -> dict[str, Any]:
    stream = partner_stream(name)
    subjects = _consumer_subjects(stream, name)
    # An account without streams of its own answers for $JS.API itself, that it has none; under another prefix
    # the platform's answer comes through.
    lent = {subject: subject.replace("$JS.API", API_PREFIX) for subject in subjects if subject.startswith("$JS.API")}
    imports: list[dict[str, Any]] = [{"service": {"account": "PLATFORM", "subject": subject}} for subject in subjects]
    imports += [{"service": {"account": "PLATFORM", "subject": at}, "to": to} for at, to in lent.items()]
    return {"users": [_user(name, grant.password, [*subjects, *lent.values()])], "imports": imports}
