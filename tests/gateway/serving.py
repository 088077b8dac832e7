"""Real HTTP servers for tests."""

import asyncio
import socket
from contextlib import asynccontextmanager

import uvicorn


@asynccontextmanager
async def served(app, port=0):
    """An application on a real port of this machine, any unless one is given; its base URL."""
    # The protocol is named, or asyncio leaves Nagle's delay on each connection: 40 ms for an answer in two writes.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    config = uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=1, timeout_keep_alive=65)
    server = uvicorn.Server(config)
    server.capture_signals = _no_signals
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


class _no_signals:  # noqa: N801 - stands in for a method
    def __enter__(self):
        return None

    def __exit__(self, *_):
        return None
