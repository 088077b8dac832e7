"""Migrate many services at once: import once, then fork a process a service, as many as there are cores.

`python -m kit.local.migrations FILE`; the file is a JSON list of {package, environment, log} and is deleted,
for it holds passwords. Exit status 1 when a migration failed.
"""

import json
import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

from kit import migrate


def main(path: Path) -> int:
    """Run the migrations of the list; the names of the failed are printed."""
    jobs = json.loads(path.read_text())
    path.unlink()
    forks = multiprocessing.get_context("fork")
    running: list[BaseProcess] = []
    failed: list[str] = []
    for job in jobs:
        if len(running) >= (os.cpu_count() or 2):
            failed += _join(running.pop(0))
        running.append(forks.Process(target=_migrate, kwargs=job, name=job["package"]))
        running[-1].start()
    for process in running:
        failed += _join(process)
    print("failed:", *failed or ["none"])
    return 1 if failed else 0


def _join(process: BaseProcess) -> list[str]:
    process.join()
    return [process.name] if process.exitcode else []


def _migrate(package: str, environment: dict[str, str], log: str) -> None:
    with Path(log).open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["kit.migrate", package]
    migrate.main()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
