"""What a fresh suite needs before people come: a publisher, officers, and the shipped definitions.

Made through the same doors an agency has: identity's own command line, and the public API.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from kit.local.faults import LocalError
from kit.local.suite import ROOT, Suite

CATALOGUE = ROOT / "gateway" / "catalogue"
AGENCY = "22000000"
OFFICERS = {
    "reviewer": "1999900000013",
    "second-reviewer": "1999900000021",
    "supervisor": "1999900000064",
    "approver": "1999900000030",
    "cashier": "1999900000048",
    "administrator": "1999900000056",
}
"""Synthetic numbers of the people in ThaiD's double, by what they are."""


def bootstrap(suite: Suite) -> None:
    """Make the publisher and the officers, and publish every shipped definition."""
    make_people(suite)
    publish(suite, [CATALOGUE])


def make_people(suite: Suite) -> None:
    """Officers of the demonstration agency and the client that publishes; done once for the life of the data."""
    done = publisher_file(suite).with_suffix(".done")
    if done.exists():
        return
    of_agency = ["--agency", AGENCY, "--roles"]
    commands = [["create-officer", "--pid", pid, *of_agency, name.rpartition("-")[2]] for name, pid in OFFICERS.items()]
    rights = ["--agency", "platform", "--scopes", "definitions.publish"]
    secret = ["--secret-file", str(publisher_file(suite))]
    commands.append(["create-client", "--name", "catalogue publisher", *rights, *secret])
    program = next(each for each in suite.layout.programs if each.name == "identity")
    lines = "\n".join(json.dumps(command) for command in commands)
    _run(["-m", "services.identity.admin", "batch"], suite.environments.of(program), lines)
    done.touch()


def publisher_file(suite: Suite) -> Path:
    """Where the publisher's credentials stand."""
    return suite.state.folder / "secrets" / "publisher.json"


def publish(suite: Suite, places: Iterable[Path]) -> None:
    """Publish what stands in the folders; what is published already stays."""
    credentials = json.loads(publisher_file(suite).read_text(encoding="utf-8"))
    secret = publisher_file(suite).with_suffix(".secret")
    secret.touch(mode=0o600)
    secret.write_text(credentials["client_secret"], encoding="utf-8")
    client = ["--client-id", credentials["client_id"], "--client-secret-file", str(secret)]
    folders = [str(place) for place in places]
    arguments = ["-m", "gateway.publish", *folders, "--url", suite.url("gateway"), *client]
    _run(arguments, suite.environments.inherited())


def _run(arguments: Sequence[str], environment: dict[str, str], typed: str = "") -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode:
        raise LocalError(f"{' '.join(arguments[:3])} failed:\n{done.stdout}{done.stderr}")
