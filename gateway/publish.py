"""Publishes definitions from folders through the gateway's own API, as any agency would.

``python -m gateway.publish <folder>… --url … --client-id … --client-secret-file …``. A folder holds
``definition.yaml``, or folders that do; versions are published in their order. What stands already is left as
it is, so that running it again changes nothing.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx

from gateway.commands.definitions import read_raw

TIMEOUT = httpx.Timeout(60.0, connect=5.0)
PATIENCE = 60.0
SOON = 1.0
"""Seconds for which what says that it will be back is asked again: a service that is just starting, for one."""


class Refused(Exception):
    """The gateway did not publish; the text says why, for a terminal."""


def folders_of(places: Iterable[Path]) -> list[Path]:
    """Every folder with a ``definition.yaml`` in or below the places; Refused where there is none."""
    found: list[Path] = []
    for place in places:
        here = [path.parent for path in sorted(place.rglob("definition.yaml"))]
        if not here:
            raise Refused(f"no definition.yaml in or below {place}")
        found += here
    return found


def read_all(folders: Iterable[Path]) -> list[dict[str, Any]]:
    """The bundles of the folders, versions of one definition in their order."""
    bundles = [read_raw(folder) for folder in folders]
    return sorted(bundles, key=lambda each: (str(each["definition"].get("id")), _version(each)))


def _version(bundle: dict[str, Any]) -> int:
    version = bundle["definition"].get("version")
    return version if isinstance(version, int) else 0


def token_for(client: httpx.Client, client_id: str, secret: str) -> str:
    """An access token by client credentials (RFC 6749 s.4.4); Refused."""
    wanted, basic = {"grant_type": "client_credentials", "scope": "definitions.publish"}, (client_id, secret)
    answer = _patiently(lambda: client.post("/v1/token", data=wanted, auth=basic))
    if answer.status_code != httpx.codes.OK:
        raise Refused(f"no token: {answer.status_code} {answer.text}")
    token: str = answer.json()["access_token"]
    return token


def publish(client: httpx.Client, token: str, bundle: dict[str, Any]) -> bool:
    """Publish one bundle; False when it stands already. Refused with every fault otherwise."""
    bearer = {"Authorization": f"Bearer {token}"}
    answer = _patiently(lambda: client.post("/v1/definitions", json=bundle, headers=bearer))
    if answer.status_code in (httpx.codes.OK, httpx.codes.CREATED):
        return answer.status_code == httpx.codes.CREATED
    raise Refused(f"{_ref(bundle)}: {answer.status_code}\n{_told(answer)}")


def _patiently(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """The first answer that is not "later" (503), or the last one when patience ends; a repeat changes nothing."""
    give_up = time.monotonic() + PATIENCE
    while True:
        answer = ask()
        said = answer.headers.get("Retry-After", "")
        wait = max(float(said), SOON) if said.isdecimal() else SOON  # what stands before the gateway may give a date
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() + wait > give_up:
            return answer
        time.sleep(wait)


def _ref(bundle: dict[str, Any]) -> str:
    return f"{bundle['definition'].get('id')}@{bundle['definition'].get('version')}"


def _told(answer: httpx.Response) -> str:
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return f"  {answer.text[:500]}"
    problem = answer.json()
    lines = [f"  {problem['title']} {problem.get('detail', '')}".rstrip()]
    for fault in problem.get("faults", []):
        finder, message = fault["service"] or "shape", fault["message"]
        lines.append(f"  {fault['path']}: {message['en']} ({message['th']}) [{finder}]")
    return "\n".join(lines)


def publish_all(client: httpx.Client, token: str, bundles: Sequence[dict[str, Any]]) -> list[str]:
    """Publish bundles in order and name those that are new; Refused at the first that is not taken."""
    return [_ref(bundle) for bundle in bundles if publish(client, token, bundle)]


def run(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line: 0 when everything stands, 1 with the reasons otherwise."""
    parser = argparse.ArgumentParser(prog="python -m gateway.publish", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--url", required=True, help="the gateway, e.g. http://127.0.0.1:8000")
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret-file", required=True, type=Path)
    given = parser.parse_args(arguments)
    try:
        bundles = read_all(folders_of(given.folders))
        with httpx.Client(base_url=given.url, timeout=TIMEOUT, headers={"Accept-Language": "en"}) as client:
            token = token_for(client, given.client_id, given.client_secret_file.read_text(encoding="utf-8").strip())
            new = publish_all(client, token, bundles)
    except (Refused, ValueError, OSError, httpx.HTTPError) as error:
        print(f"not published: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"published: {', '.join(new) or 'nothing new'}; {len(bundles)} stand")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(run())
