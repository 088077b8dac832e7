"""What a double does wrong, switched on and off over `/_control/misbehave`. Knows no protocol."""

import asyncio
from collections.abc import Mapping

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field


class Fault(BaseModel):
    """One thing to do wrong: `times` times (null = until cleared), only about `match` where that is given."""

    mode: str
    times: int | None = Field(default=None, ge=1)
    seconds: float = Field(default=5, ge=0, description="for modes that wait")
    match: str | None = Field(default=None, description="only for this person or recipient")


class Misbehaviour:
    """The faults that are on. `known` says what each mode does; it is shown to whoever asks."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = dict(known)
        self.active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Switch a fault on; KeyError for a mode that this double does not have."""
        if fault.mode not in self.known:
            raise KeyError(fault.mode)
        self.active.append(fault)

    def clear(self) -> None:
        """Behave again."""
        self.active.clear()

    def take(self, mode: str, about: str | None = None) -> Fault | None:
        """Tell the fault to commit now, or None; counts it."""
        for fault in self.active:
            if fault.mode == mode and fault.match in (None, about):
                self._count(fault)
                return fault
        return None

    def _count(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times == 0:
            self.active.remove(fault)

    async def disturb(self) -> None:
        """Dependency of every protocol route: be slow, be down (503)."""
        if slow := self.take("slow"):
            await asyncio.sleep(slow.seconds)
        if self.take("outage"):
            raise HTTPException(503, "service unavailable")

    def router(self) -> APIRouter:
        """`GET`, `POST` and `DELETE /_control/misbehave`."""
        router = APIRouter(tags=["control"])

        @router.get("/_control/misbehave")
        async def show() -> dict[str, object]:
            """Modes that exist and faults that are on."""
            return {"known": self.known, "active": self.active}

        @router.post("/_control/misbehave", status_code=201)
        async def misbehave(fault: Fault) -> Fault:
            """Switch a fault on."""
            try:
                self.add(fault)
            except KeyError as unknown:
                raise HTTPException(422, f"unknown mode; known: {', '.join(self.known)}") from unknown
            return fault

        @router.delete("/_control/misbehave", status_code=204)
        async def behave() -> None:
            """Switch every fault off."""
            self.clear()

        return router
