"""The sealed process that runs Typst: it can open no file and no socket, and has a limit on time and memory.

Templates are written outside Paet. A template that tries to read the server, fetch a package or never end meets the
kernel, not a filter: the process has no secrets in its environment, shuts its own limit of open files to zero once the
fonts are loaded, and is killed by a timer. Run as a script, it must not import anything of Paet.

One exchange is a frame to standard input and a frame from standard output. A frame is a JSON header of at least
``{"sizes": {name: bytes}}``, its length before it as 4 bytes, and the blobs behind it in the header's order.
"""

import datetime
import json
import resource
import signal
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

STANDARD: Final = "a-3u"  # PDF/A-3U: 3B and every character mapped to Unicode (docs/law.md §8.1, ETDA's own setting)
NOWHERE = "/dev/null"  # the root folder of every template: nothing can lie below it
FAMILIES = ("Laksaman", "Garuda")


def send(stream: BinaryIO, header: Mapping[str, Any], blobs: Mapping[str, bytes]) -> None:
    """Write one frame."""
    head = json.dumps({**header, "sizes": {name: len(blob) for name, blob in blobs.items()}}).encode()
    stream.write(b"".join((struct.pack(">I", len(head)), head, *blobs.values())))
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], dict[str, bytes]] | None:
    """Read one frame; None when the other side has gone."""
    length = stream.read(4)
    if len(length) < 4:
        return None
    head = stream.read(struct.unpack(">I", length)[0])
    header = json.loads(head)
    return header, {name: stream.read(size) for name, size in header["sizes"].items()}


class Compositor:
    """Typst with its fonts and the library ``paet.typ`` loaded."""

    def __init__(self, fonts: str, library: str) -> None:
        import typst

        self.typst = typst
        self.library = Path(library).read_bytes()
        self.fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[fonts])
        self._warm()

    def _warm(self) -> None:
        """Load what is loaded at first use, while files can still be opened."""
        faces = [
            f'#text(font: "{family}", weight: "{weight}", style: "{style}")[ก]'
            for family in FAMILIES
            for weight in ("regular", "bold")
            for style in ("normal", "italic")
        ]
        source = '#import "paet.typ": *\n' + "".join(faces)
        files = {"data.json": b"{}"}
        for content in (source, source + "#panic()"):
            self.compose({"timestamp": 0}, {**files, "main.typ": content.encode()})

    def compile(self, files: dict[str, bytes], timestamp: int) -> tuple[bytes, list[str]]:
        """One PDF from files that exist in memory only. Raises TypstError."""
        moment = datetime.datetime.fromtimestamp(timestamp, datetime.UTC)
        compiler = self.typst.Compiler(
            files,  # type: ignore[type-var]  # the stub knows nothing of files in memory
            root=NOWHERE,
            font_paths=self.fonts,
            package_path=NOWHERE,
            package_cache_path=NOWHERE,
        )
        pdf, warnings = compiler.compile_with_warnings(format="pdf", pdf_standards=[STANDARD], timestamp=moment)
        return cast("bytes", pdf), [warning.message for warning in warnings]

    def compose(self, header: dict[str, Any], files: dict[str, bytes]) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Answer one exchange: the PDF and Typst's warnings, or its error."""
        try:
            pdf, warnings = self.compile({**files, "paet.typ": self.library}, header["timestamp"])
        except self.typst.TypstError as error:
            return {"error": error.message, "diagnostic": error.diagnostic, "hints": error.hints}, {}
        return {"warnings": warnings}, {"pdf": pdf}


def shut(memory: int) -> None:
    """Give up the right to open files and sockets, and to more memory than ``memory`` bytes."""
    if sys.platform == "linux":  # elsewhere this limit is not kept
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def main() -> None:
    """Serve exchanges until standard input ends. Arguments: fonts, library, CPU seconds, memory in bytes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes our input
    fonts, library, seconds, memory = sys.argv[1:]
    compositor = Compositor(fonts, library)
    shut(int(memory))
    while (exchange := receive(sys.stdin.buffer)) is not None:
        # The default action of both signals ends the process; waiting for a busy machine counts ten times less.
        signal.setitimer(signal.ITIMER_PROF, float(seconds))
        signal.setitimer(signal.ITIMER_REAL, float(seconds) * 10)
        answer = compositor.compose(*exchange)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(sys.stdout.buffer, *answer)


if __name__ == "__main__":
    main()
