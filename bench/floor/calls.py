"""Calls to a service of the floor: a line on a Unix socket, sent back when its transaction has committed."""

import asyncio
from uuid import UUID


class Caller:
    """A connection to one service, opened at the first call; calls may overlap."""

    def __init__(self, socket: str) -> None:
        self.socket = socket
        self.waiting: dict[bytes, asyncio.Future[None]] = {}
        self.opening = asyncio.Lock()
        self.writer: asyncio.StreamWriter | None = None
        self.reading: asyncio.Task[None] | None = None

    async def call(self, name: str, *journeys: UUID) -> None:
        """Wait until the service has committed the call, for all of the journeys in one transaction."""
        async with self.opening:
            if self.writer is None:
                reader, self.writer = await asyncio.open_unix_connection(self.socket)
                self.reading = asyncio.create_task(self._read(reader))
        line = f"{name} {' '.join(map(str, journeys))}\n".encode()
        self.waiting[line] = done = asyncio.get_running_loop().create_future()
        self.writer.write(line)
        await done

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            self.waiting.pop(line).set_result(None)
        for each in self.waiting.values():
            each.set_exception(ConnectionError(f"{self.socket} has ended"))

    async def close(self) -> None:
        """Hang up."""
        if self.writer is not None and self.reading is not None:
            self.writer.close()
            self.reading.cancel()
