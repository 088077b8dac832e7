"""Issuance without the work of documents: the same rows and events, and a short text for the PDF.

A process of the bench alone: the product has no such switch.
"""

from datetime import datetime
from typing import Any

from fastapi import FastAPI

from kit.app import Kit
from kit.contracts.text import Text
from kit.documents import Composer
from kit.documents.seals import Seals
from services.issuance import main
from services.issuance.settings import Settings

BLANK = b"no document: the bench measures the spine alone\n"


class NoComposer:
    """In place of the compositor."""

    async def compose_async(self, *_: Any, **__: Any) -> bytes:
        """A text instead of a PDF."""
        return BLANK


class NoSeal:
    """In place of an agency's seal."""

    async def seal_async(self, pdf: bytes, *, at: datetime, **_: Any) -> bytes:  # noqa: ARG002
        """The same text, not signed."""
        return pdf


class NoSeals:
    """In place of the agencies' seals."""

    def check(self) -> None:
        """It can always seal."""

    async def of(self, _agency: str, _name: Text) -> NoSeal:
        """One for everybody."""
        return NoSeal()


def app() -> FastAPI:
    """Issuance, its documents taken out."""
    built = main.build(Settings())
    kit: Kit = built.state.kit
    provide = kit.provide

    def instead(resource: object, kind: type | None = None) -> None:
        chosen = {Composer: NoComposer(), Seals: NoSeals()}.get(type(resource), resource)
        provide(chosen, kind or type(resource))

    kit.provide = instead  # type: ignore[method-assign]
    return built
