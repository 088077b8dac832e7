"""`python -m kit.serve <package>.main:app`: uvicorn, whose server sleeps while nobody asks anything.

uvicorn wakes ten times a second to see whether it is to end: more than half of what an idle suite costs. Here the
signal wakes it, and once a second the Date header is renewed.
"""

import argparse
import asyncio
import gc
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

from uvicorn import Config, Server

RENEW_SECONDS = 1.0
KEEP_ALIVE_SECONDS = 65
"""Longer than callers keep an idle connection: who uses one must be the one who ends it, or a request is lost to it."""
TOOLS = ("rich", "psutil")
"""Tools of developers that structlog and OpenTelemetry load where they are installed: 5 MiB for nothing done here."""
STARTUP_FAILURE = 3
"""The exit status of uvicorn itself."""


class QuietServer(Server):
    """The server; one for a process."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; what stands then stays for good, and the garbage collector need never look through it again."""
        await super().startup(sockets)
        gc.freeze()
        gc.enable()

    async def main_loop(self) -> None:
        """Wait for the end."""
        self._loop, self._is_to_end = asyncio.get_running_loop(), asyncio.Event()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(RENEW_SECONDS):
                    await self._is_to_end.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal; one that comes before the server listens is found by the first tick."""
        super().handle_exit(sig, frame)
        if hasattr(self, "_loop"):
            self._loop.call_soon_threadsafe(self._is_to_end.set)


def main(arguments: Sequence[str]) -> int:
    """Serve until a signal; the exit status is uvicorn's."""
    parser = argparse.ArgumentParser(prog="python -m kit.serve", description="Serve an application.")
    parser.add_argument("app", help="a factory, as package.main:app")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    # A live stream would hold the end up for ever.
    parser.add_argument("--end-seconds", type=int, default=20, help="how long requests may take to end")
    given = parser.parse_args(arguments)
    config = Config(
        given.app, factory=True, host=given.host, port=given.port, access_log=False,
        timeout_graceful_shutdown=given.end_seconds, timeout_keep_alive=KEEP_ALIVE_SECONDS,
        ws="none",  # nothing here speaks WebSocket, whose library is 1.5 MiB
    )  # fmt: skip
    for tool in TOOLS:
        sys.modules[tool] = None  # type: ignore[assignment]  # not to be found, as in an image, which has none
    server = QuietServer(config)
    gc.disable()  # a fifth of a start is the collector, looking through modules of which none is garbage
    with suppress(KeyboardInterrupt):  # uvicorn raises the signal again once all has ended
        server.run()
    return 0 if server.started else STARTUP_FAILURE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
