"""File locks that tell who is alive: the system releases them when the last holder ends, however it ends."""

import fcntl
import os
from pathlib import Path


def take(path: Path, text: str = "") -> int | None:
    """Lock `path` and write `text` into it; the descriptor holds the lock. None when another holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    write(descriptor, text)
    return descriptor


def write(descriptor: int, text: str) -> None:
    """Replace what a locked file says."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def is_held(path: Path) -> bool:
    """True while a living process holds the lock of `path`."""
    if not path.exists():
        return False
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
