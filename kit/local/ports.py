"""TCP ports of 127.0.0.1: whether one is free or answers, and finding free ones. Listens on nothing."""

import http.client
import random
import socket
from collections.abc import Mapping
from http import HTTPStatus

from kit.local.faults import LocalError

# Below the range from which the kernel takes the ports of outgoing connections.
_FREE_RANGE = range(20_000, 32_000)
_given: set[int] = set()


def is_free(port: int) -> bool:
    """True when a server could listen on 127.0.0.1:`port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """True when something accepts connections on 127.0.0.1:`port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_ready(port: int, path: str | None) -> bool:
    """True when `path` answers 200 over HTTP; with no path, when the port is open."""
    if path is None:
        return answers(port)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A free port; never the same one twice in one process."""
    while True:
        port = random.choice(_FREE_RANGE)  # noqa: S311 -- not a secret
        if port not in _given and is_free(port):
            _given.add(port)
            return port


def demand_free(wanted: Mapping[str, tuple[int, str]]) -> None:
    """Raise `LocalError` naming every taken port; `wanted` is name → (port, the setting that moves it)."""
    taken = [
        f"  port {port} ({name}) is taken by another program; set {setting} to move it"
        for name, (port, setting) in wanted.items()
        if not is_free(port)
    ]
    if taken:
        raise LocalError("nothing was started:\n" + "\n".join(taken))
