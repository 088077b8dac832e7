"""Places where a process can be killed on purpose, to prove that nothing is lost or doubled there.

Development only: production refuses the setting ``crash_file``. The file names one point; the process
that reaches it removes the file and kills itself with SIGKILL, as a power cut would.
"""

import os
import signal
from pathlib import Path

BEFORE_PUBLISH = "committed, not yet published"
BEFORE_MARK = "published, not yet marked as sent"
BEFORE_COMMIT = "handled, not yet committed"
BEFORE_ACK = "handled, not yet acknowledged"
BETWEEN_ACKS = "handled, not yet all acknowledged"
BEFORE_DONE = "due work done, not yet forgotten"
BEFORE_ANSWER = "told in a request, not yet answered"
POINTS = (BEFORE_PUBLISH, BEFORE_MARK, BEFORE_COMMIT, BEFORE_ACK, BETWEEN_ACKS, BEFORE_DONE, BEFORE_ANSWER)
"""The points of the kit; a service may have more where it speaks to the world outside in phases."""

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
