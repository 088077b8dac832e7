"""Places where a process can be killed on purpose, to prove that nothing is lost or doubled there.

Development only: production refuses the setting ``crash_file``. The file names one point; the process
that reaches it removes the file and kills itself with SIGKILL, as a power cut would.
"""

import os
import signal
from pathlib import Path

BEFORE_PUBLISH = "committed, not yet published"
BEFORE_MARK = "published, not yet marked as sent"
BEFORE_ACK = "handled, not yet acknowledged"
BEFORE_DONE = "due work done, not yet forgotten"
POINTS = (BEFORE_PUBLISH, BEFORE_MARK, BEFORE_ACK, BEFORE_DONE)

_file: Path | None = None


def configure(file: Path | None) -> None:
    """Watch this file, or none."""
    global _file
    _file = file


def reach(point: str) -> None:
    """Die here, if the file says so."""
    if _file is None or not _file.exists() or _file.read_text(encoding="utf-8") != point:
        return
    _file.unlink()
    os.kill(os.getpid(), signal.SIGKILL)
