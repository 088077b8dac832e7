"""Running a server as an ordinary user when we are root, and which folders that user can reach."""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.local.faults import LocalError

_ELSEWHERE = Path("/var/tmp")  # noqa: S108 -- the folder made in it is checked for its owner
_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class RunAs:
    """The user that a server runs as because it refuses to run as root."""

    name: str
    uid: int
    gid: int

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess`."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give `path` to this user."""
        os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """True when this user may enter every existing folder from / to `path`."""
        path = path.resolve()
        return all(self._enters(folder) for folder in (path, *path.parents) if folder.is_dir())

    def _enters(self, folder: Path) -> bool:
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def dropped_user() -> RunAs | None:
    """The user to drop to when we are root, else None."""
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return RunAs(name, found.pw_uid, found.pw_gid)
    raise LocalError("PostgreSQL refuses to run as root, and there is no user 'postgres' or 'nobody' to run it as")


def elsewhere(path: Path) -> Path:
    """The folder that stands for `path` where everybody can reach it: always the same, not yet made."""
    return _ELSEWHERE / f"paet-{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"


def make_elsewhere(path: Path) -> Path:
    """Make `elsewhere(path)`; raises LocalError when somebody else made it first."""
    folder = elsewhere(path)
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise LocalError(f"{folder} belongs to another user; remove it")
    folder.chmod(0o755)
    return folder
