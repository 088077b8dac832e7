"""Composes PDF/A-3 documents from Typst templates in a sealed process; knows nothing of seals and signatures."""

import asyncio
import io
import json
import logging
import queue
import re
import signal
import subprocess
import sys
import weakref
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import segno

from kit import documents
from kit.documents.compositor import receive, send
from kit.documents.properties import DocumentProperties

HERE = Path(__file__).parent
FONTS = HERE.parent / "fonts"
NO_IMAGES: Mapping[str, bytes] = MappingProxyType({})
MAIN = """#let document-data = json("/document.json")
#set document(title: document-data.title, author: document-data.author)
#set text(font: ("Laksaman", "Garuda"), size: 16pt, lang: "th", region: "TH")
#include "/template.typ"
#pdf.attach(
  document-data.attachment,
  read("/attachment", encoding: none),
  relationship: "data",
  mime-type: "application/xml",
  description: "ข้อมูลของเอกสารนี้ในรูปแบบ XML",
)
"""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_UNPRINTABLE = re.compile(r'(?:the text|codepoint) `"(.+?)"`')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_TIMERS = (-signal.SIGPROF, -signal.SIGALRM)
log = logging.getLogger(__name__)


class TemplateError(ValueError):
    """A template cannot be composed with this data; the text is for its author. ``diagnostic`` shows the place."""

    def __init__(self, message: str, diagnostic: str = "", hints: list[str] | None = None) -> None:
        super().__init__(message)
        self.diagnostic = diagnostic
        self.hints = hints or []


class TemplateLimitError(TemplateError):
    """Composing took more time or memory than a template may have."""


class UnprintableError(TemplateError):
    """The data has a character that no font of the kit can show; see ``Composer.unprintable``."""

    def __init__(self, character: str) -> None:
        super().__init__(f"no font can show {character!r}")
        self.character = character


def qr_svg(text: str) -> bytes:
    """Draw a QR code (level M, with its quiet zone) as SVG, to be handed to ``compose`` as an image."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", xmldecl=False, border=4)
    return out.getvalue()


class _Process:
    """One sealed process, at work for one document at a time; started at its first use."""

    def __init__(self, seconds: float, memory: int) -> None:
        arguments = (str(FONTS), str(HERE / "paet.typ"), str(seconds), str(memory))
        self._command = [sys.executable, "-I", str(HERE / "compositor.py"), *arguments]
        self._child: subprocess.Popen[bytes] | None = None

    def exchange(self, header: dict[str, Any], files: Mapping[str, bytes]) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Compose. TemplateLimitError when the document ended the process; the next call starts another.

        RuntimeError when the process failed by itself; why stands on standard error.
        """
        if self._child is not None and self._child.poll() is not None:
            self.stop()  # something ended it while it was idle
        if self._child is None:
            self._child = subprocess.Popen(  # noqa: S603 - our own script, nothing of the caller's in the command
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"RAYON_NUM_THREADS": "1"}
            )
        try:
            send(self._child.stdin, header, files)  # type: ignore[arg-type]
            answer = receive(self._child.stdout)  # type: ignore[arg-type]
        except BrokenPipeError:
            answer = None
        if answer is None:
            raise _end(self.stop())
        return answer

    def stop(self) -> int:
        """End the process and tell its exit status (negative: the signal that ended it)."""
        child, self._child = self._child, None
        if child is None:
            return 0
        with suppress(BrokenPipeError):  # what a dead process did not read is flushed once more
            child.stdin.close()  # type: ignore[union-attr]
        status = child.wait()
        child.stdout.close()  # type: ignore[union-attr]
        return status


class Composer:
    """Composes documents in ``processes`` sealed processes, which start at need and stay; close it at the end.

    ``seconds`` of processor time and ``memory`` bytes are what one document may take.
    """

    def __init__(self, processes: int = 1, *, seconds: float = 5.0, memory: int = 1 << 30) -> None:
        self._all = [_Process(seconds, memory) for _ in range(processes)]
        self._idle: queue.LifoQueue[_Process] = queue.LifoQueue()
        for process in self._all:
            self._idle.put(process)
        self.close = weakref.finalize(self, _stop_all, self._all)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def compose(
        self,
        template: str,
        data: Mapping[str, Any],
        *,
        attachment_xml: bytes,
        attachment_name: str = "data.xml",
        title: str,
        author: str,
        timestamp: datetime,
        images: Mapping[str, bytes] = NO_IMAGES,
        properties: DocumentProperties | None = None,
    ) -> bytes:
        """Compose one PDF/A-3 with the XML inside; blocks. The same input gives the same bytes.

        ``template`` is Typst and may ``#import "/paet.typ": *``, which has ``data``; ``images`` are found at
        ``/images/<name>``. ``timestamp`` is aware. Raises TemplateError and its kinds.
        """
        header = {"timestamp": int(_aware(timestamp).timestamp())}
        document = {"title": title, "author": author, "attachment": _plain(attachment_name)}
        files = {
            "main.typ": MAIN.encode(),
            "template.typ": template.encode(),
            "data.json": json.dumps(data, ensure_ascii=False).encode(),
            "document.json": json.dumps(document, ensure_ascii=False).encode(),
            "attachment": attachment_xml,
            **{f"images/{_plain(name)}": image for name, image in images.items()},
        }
        pdf, warnings = self._compile(header, files)
        for warning in warnings:
            log.warning("composing %s: %s", properties.reference_id if properties else title, warning)
        return documents.with_properties(pdf, properties) if properties else pdf

    async def compose_async(self, template: str, data: Mapping[str, Any], **rest: Any) -> bytes:
        """Compose as ``compose`` does, beside the event loop."""
        return await asyncio.to_thread(self.compose, template, data, **rest)

    def faults(self, template: str, data: Mapping[str, Any], images: Mapping[str, bytes] = NO_IMAGES) -> list[str]:
        """List, for the template's author, what would go wrong with this data: errors and warnings, or nothing."""
        files = {
            "main.typ": b'#include "/template.typ"',
            "template.typ": template.encode(),
            "data.json": json.dumps(data, ensure_ascii=False).encode(),
            **{f"images/{_plain(name)}": image for name, image in images.items()},
        }
        try:
            return self._compile({"timestamp": 0}, files)[1]
        except TemplateError as error:
            return ["\n".join((str(error), error.diagnostic, *error.hints)).strip()]

    def unprintable(self, text: str) -> str:
        """Find the characters of ``text`` that no document can show, each once; empty when all can be shown."""
        source = b'#set text(font: ("Laksaman", "Garuda"))\n#json("/data.json")'
        found = ""
        while True:
            try:
                self._compile({"timestamp": 0}, {"main.typ": source, "data.json": json.dumps(text).encode()})
            except UnprintableError as error:
                found, text = found + error.character, text.replace(error.character, "")
            else:
                return found

    def _compile(self, header: dict[str, Any], files: Mapping[str, bytes]) -> tuple[bytes, list[str]]:
        process = self._idle.get()
        try:
            answer, blobs = process.exchange(header, files)
        finally:
            self._idle.put(process)
        if "error" in answer:
            raise _error(answer)
        return blobs["pdf"], answer["warnings"]


def _stop_all(processes: list[_Process]) -> None:
    for process in processes:
        process.stop()


def _end(status: int) -> Exception:
    if status >= 0:
        return RuntimeError(f"the compositor ended with status {status}")
    return TemplateLimitError("took too much time" if status in _TIMERS else "took too much memory")


def _error(answer: dict[str, Any]) -> TemplateError:
    message: str = answer["error"]
    if "package" in message:
        return TemplateError("a template may not import packages", answer["diagnostic"])
    if found := _UNPRINTABLE.search(message):
        return UnprintableError(_ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), found[1]))
    return TemplateError(message, answer["diagnostic"], answer["hints"])


def _plain(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a plain file name: {name!r}")
    return name


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at
