"""Children are ended whole, whatever they think of it, and survive no supervisor."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kit.local import locks
from kit.local.faults import LocalError
from kit.local.processes import Child, end_leftovers, stop_all
from kit.local.suite import ROOT


def child(tmp_path, code, name="child", **more):
    return Child(name, [sys.executable, "-c", code], tmp_path / f"{name}.log", tmp_path / f"{name}.pid", **more)


def said(child, word):
    deadline = time.monotonic() + 10
    while word not in child.tail():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_stubborn_child_and_its_own_children_are_killed(tmp_path):
    code = (
        "import signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "inner = subprocess.Popen(['sleep', '100']); print('inner', inner.pid, flush=True); time.sleep(100)"
    )
    stubborn = child(tmp_path, code)
    stubborn.start()
    said(stubborn, "inner")
    inner = int(stubborn.tail().split()[1])
    stop_all([stubborn], grace=0.3)  # the child would sleep for 100 seconds
    assert stubborn.status == -signal.SIGKILL
    deadline = time.monotonic() + 5
    while not is_gone(inner) and time.monotonic() < deadline:
        time.sleep(0.01)
    # An orphan that nobody has reaped yet is dead all the same.
    assert is_gone(inner) or Path(f"/proc/{inner}/stat").read_text().split()[2] == "Z"


def test_paused_child_can_be_stopped(tmp_path):
    paused = child(tmp_path, "import time; print('here', flush=True); time.sleep(100)")
    paused.start()
    said(paused, "here")
    paused.signal(signal.SIGSTOP)
    stop_all([paused], grace=5)
    assert paused.status == -signal.SIGTERM


def test_child_that_ends_early_is_reported_with_its_last_words(tmp_path):
    short = child(tmp_path, "raise SystemExit('no such setting')", ready=lambda _: False)
    short.start()
    with pytest.raises(LocalError, match=r"child ended with exit status 1[^$]*no such setting"):
        short.wait_ready(10)


def test_child_that_never_becomes_ready_is_reported(tmp_path):
    slow = child(tmp_path, "import time; time.sleep(100)", ready=lambda _: False)
    slow.start()
    with pytest.raises(LocalError, match="not ready after"):
        slow.wait_ready(0.1)
    slow.kill()


def test_pid_file_is_locked_while_the_child_lives(tmp_path):
    sleeper = child(tmp_path, "import time; time.sleep(100)")
    sleeper.start()
    assert locks.is_held(sleeper.pid_file)
    assert int(sleeper.pid_file.read_text()) == sleeper.pid
    sleeper.kill()
    assert not locks.is_held(sleeper.pid_file)


def test_what_a_killed_supervisor_left_is_ended(tmp_path):
    supervisor = (
        "import sys, time; from pathlib import Path; from kit.local.processes import Child;"
        "folder = Path(sys.argv[1]);"
        "[Child(n, ['sleep', '100'], folder / 'log', folder / f'{n}.pid').start() for n in ('a', 'b')];"
        "print('started', flush=True); time.sleep(100)"
    )
    with subprocess.Popen([sys.executable, "-c", supervisor, tmp_path], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"started\n"
        process.kill()
    (tmp_path / "old.pid").write_text(f"{os.getpid()}\n")  # history: nobody holds it
    assert end_leftovers(tmp_path) == ["a", "b"]
    assert end_leftovers(tmp_path) == []


def test_what_does_not_heed_the_end_is_killed_and_gone(tmp_path):
    deaf = "import signal, time; signal.signal(2, signal.SIG_IGN); print('deaf', flush=True); time.sleep(100)"
    supervisor = (
        "import sys, time; from pathlib import Path; from kit.local.processes import Child;"
        "folder = Path(sys.argv[1]); Child('a', sys.argv[2:], folder / 'log', folder / 'a.pid').start();"
        "print('started', flush=True); time.sleep(100)"
    )
    command = [sys.executable, "-c", supervisor, tmp_path, sys.executable, "-c", deaf]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"started\n"
        while "deaf" not in (tmp_path / "log").read_text():
            time.sleep(0.01)
        process.kill()
    assert end_leftovers(tmp_path, grace=0.2) == ["a"]
    assert end_leftovers(tmp_path) == []
