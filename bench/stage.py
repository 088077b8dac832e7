"""A whole suite for measuring: real servers that sync every write, the bench's definition, people signed in."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from kit.local import bootstrap, samples
from kit.local.layout import LAYOUT, Layout, free_ports
from kit.local.suite import Suite
from kit.local.visitor import Visitor, visitor

DEFINITION = Path(__file__).parent / "definition"


@dataclass
class Stage:
    """A running suite and a signed-in citizen."""

    suite: Suite
    citizen: Visitor


def spine_layout() -> Layout:
    """The suite with an issuance that makes no documents."""
    return replace(
        LAYOUT,
        programs=tuple(
            replace(
                each,
                command=tuple(part.replace("services.issuance.main:app", "bench.spine:app") for part in each.command),
            )
            if each.name == "issuance"
            else each
            for each in LAYOUT.programs
        ),
    )


@asynccontextmanager
async def running(
    *,
    spine: bool = False,
    fsync: bool = True,
    extras: Mapping[str, Mapping[str, str]] | None = None,
    folder: Path | None = None,
) -> AsyncIterator[Suite]:
    """Start the suite in a folder of its own, publish the bench's definition, and stop it again.

    With ``spine`` no document is composed or sealed. Without ``fsync`` nothing may be measured: that is for tests.
    A ``folder`` given stays.
    """
    layout = spine_layout() if spine else LAYOUT
    where = folder or Path(tempfile.mkdtemp(prefix="paet-bench-"))
    ports = free_ports(layout)
    suite = Suite(where / ".local", ports=ports, layout=layout, extras=extras, fsync=fsync, say=lambda _: None)
    try:
        await asyncio.to_thread(suite.start)
        await asyncio.to_thread(_furnish, suite)
        yield suite
    finally:
        await asyncio.to_thread(suite.stop)
        if folder is None:
            suite.postgres.remove()  # its data may stand elsewhere
            shutil.rmtree(where, ignore_errors=True)


def _furnish(suite: Suite) -> None:
    bootstrap.make_people(suite)
    bootstrap.publish(suite, [DEFINITION])


@asynccontextmanager
async def staged(**options: object) -> AsyncIterator[Stage]:
    """The running suite with a citizen signed in."""
    async with running(**options) as suite, visitor(suite.urls()) as anyone:  # type: ignore[arg-type]
        yield Stage(suite, await anyone.sign_in(samples.CITIZENS["first"]))
