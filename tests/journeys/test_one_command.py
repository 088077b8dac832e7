"""``make demo`` as a newcomer runs it: one command, from nothing, to documents and exit status 0."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.local.ports import free_port
from kit.local.suite import ROOT
from tests import pdf

DOCUMENTS = {"acknowledgement.pdf", "food-licence.pdf", "personal-document.pdf", "public-information.md"}


@pytest.mark.req("O3", part="one command without a container engine")
@pytest.mark.timeout(400)
def test_one_command_starts_everything_walks_every_service_and_leaves_nothing_running(tmp_path):
    local = tmp_path / "with a space" / ".local"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAET_")} | {
        "PAET_LOCAL": str(local),
        "PAET_PORT_BASE": str(base_of_ports()),
        "PAET_POSTGRES_PORT": str(free_port()),
        "PAET_NATS_PORT": str(free_port()),
    }
    command = [sys.executable, "-m", "kit.local", "demo"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=380)
    assert done.returncode == 0, done.stdout + done.stderr
    documents = {path.name: path for path in (local / "demo").iterdir()}
    assert set(documents) >= DOCUMENTS
    assert pdf.pdfa_faults(documents["food-licence.pdf"].read_bytes()) == []
    assert "ended: ไม่อนุมัติ" in done.stdout
    assert "ended: ผู้ยื่นถอนคำขอ" in done.stdout
    assert still_running(str(local)) == []
    clean = subprocess.run([sys.executable, "-m", "kit.local", "clean"], cwd=ROOT, env=environment, timeout=60)
    assert clean.returncode == 0
    assert not local.exists()


def base_of_ports() -> int:
    """The first of a run of free ports, far from where free ones are handed out singly."""
    for base in range(18_000, 19_000, 20):
        if all(_is_free(base + offset) for offset in range(15)):
            return base
    raise AssertionError("no run of free ports")


def _is_free(port: int) -> bool:
    import socket

    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) != 0


def still_running(folder: str) -> list[str]:
    """Commands of processes that were started for the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            environ = path.read_bytes()
        except OSError:
            continue
        if folder.encode() in environ and str(os.getpid()) != path.parent.name:
            found.append((path.parent / "cmdline").read_text().replace("\0", " "))
    return found
