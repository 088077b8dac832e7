"""Peers whose answers a test gives."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import to_json

from kit.clients import Answer, PeerRefused, Peers


class PeersDouble(Peers):
    """Peers whose answers a test gives: claims, sections and single calls."""

    def __init__(self) -> None:
        super().__init__({}, None)  # type: ignore[arg-type]
        self.claims: dict[tuple[str, str], dict[str, Any]] = {}
        self.answers: dict[tuple[str, str, str], Any] = {}
        self.section_bodies: dict[str, Any] = {}
        self.calls: list[tuple[str, str, str, Any]] = []

    def know(self, owner: str, name: str, key: UUID, claim: BaseModel) -> None:
        """The owner will answer this claim for the id."""
        self.claims.setdefault((owner, name), {})[str(key)] = claim.model_dump(mode="json")

    def answer(self, service: str, method: str, path: str, answer: Any) -> None:
        """The service will answer a call; an exception is raised, a callable gets the JSON sent."""
        self.answers[service, method, path] = answer

    async def claim(self, owner: str, name: str, ids: Sequence[UUID]) -> dict[str, Any]:
        """Answer from what the test said."""
        known = self.claims.get((owner, name), {})
        return {str(each): known[str(each)] for each in ids if str(each) in known}

    async def call(self, service: str, method: str, path: str, **kwargs: Any) -> Any:
        """Answer from what the test said; 404 otherwise."""
        self.calls.append((service, method, path, kwargs.get("json")))
        if path.startswith("/internal/definitions/") and path in self.section_bodies:
            return self.section_bodies[path]
        answer = self.answers.get((service, method, path))
        if answer is None:
            raise PeerRefused(service, 404, {"type": "urn:paet:problem:not-found"})
        if isinstance(answer, Exception):
            raise answer
        return answer(kwargs.get("json")) if callable(answer) else answer

    async def request(self, service: str, method: str, path: str, **kwargs: Any) -> Answer:
        """Answer from what the test said, as the bytes that would come; 404 otherwise."""
        self.calls.append((service, method, path, kwargs.get("json")))
        answer = self.answers.get((service, method, path))
        if isinstance(answer, Exception):
            raise answer
        said = answer(kwargs.get("json")) if callable(answer) else answer
        if said is None:
            return Answer(404, b"")
        return Answer(200, said if isinstance(said, bytes) else to_json(said))
