"""Files: a local folder in development, S3 in production, by URL; written once, never changed."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, from_url


class Files:
    """A store of immutable files."""

    def __init__(self, url: str) -> None:
        if url.startswith("file://"):
            self._store: Any = LocalStore(url.removeprefix("file://"), mkdir=True)
        else:
            self._store = from_url(url)

    async def put(self, name: str, body: bytes) -> None:
        """Write a file once; writing the same name again leaves the first as it is."""
        try:
            await obstore.put_async(self._store, name, body, mode="create")
        except AlreadyExistsError:
            return

    async def once(self, name: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """Read a file, which is made where there is none yet: the first that was written is everybody's."""
        try:
            return await self.get(name)
        except FileNotFoundError:
            await self.put(name, await make())
        return await self.get(name)

    async def get(self, name: str) -> bytes:
        """Read a file; FileNotFoundError when there is none."""
        answer = await obstore.get_async(self._store, name)
        return bytes(await answer.bytes_async())

    async def remove(self, name: str) -> None:
        """Delete a file; nothing where there is none."""
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, name)

    async def remove_folder(self, name: str) -> None:
        """Delete every file whose name begins with that of the folder and a stroke; nothing where there is none."""
        found = [each["path"] async for some in obstore.list(self._store, name) for each in some]
        for each in found:
            await self.remove(each)
