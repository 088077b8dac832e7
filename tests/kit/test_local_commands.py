"""`python -m kit.local` with toy programs: one at a time, a clean end at Ctrl-C, the data kept until `clean`."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kit.local import locks, ports
from kit.local.reach import elsewhere
from kit.local.suite import ROOT

# The real commands on a toy layout; bootstrap and demo only say what they were given.
COMMANDS = """
import json, sys
import kit.local.__main__ as commands
from kit.local.layout import Layout, Program

toy = ("-m", "http.server", "--bind", "127.0.0.1", "$one")
commands.LAYOUT = Layout((Program("one", toy, {"one": 0}, ready="/"),))
def call(module, function, argument):
    print(module, json.dumps(argument if module == "demo" else argument.urls()), flush=True)
    return 7
commands._call = call
sys.exit(commands.main(sys.argv[1:]))
"""


BEGUN: list[subprocess.Popen] = []


@pytest.fixture
def environment(tmp_path):
    numbers = {name: str(ports.free_port()) for name in ("PORT_BASE", "POSTGRES_PORT", "NATS_PORT")}
    yield os.environ | {"PAET_LOCAL": str(tmp_path / "local state")} | {f"PAET_{n}": v for n, v in numbers.items()}
    run(["clean"], os.environ | {"PAET_LOCAL": str(tmp_path / "local state")})
    while BEGUN:
        process = BEGUN.pop()
        process.kill()
        process.communicate()


def begin(arguments, environment):
    process = subprocess.Popen(
        [sys.executable, "-c", COMMANDS, *arguments], cwd=ROOT, env=environment, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    BEGUN.append(process)
    return process


def run(arguments, environment):
    process = begin(arguments, environment)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


def up(environment):
    process = begin(["up"], environment)
    text = ""
    while "Ctrl-C stops it" not in text:
        line = process.stdout.readline()
        assert line, text
        text += line
    return process, text


def end(process, number=signal.SIGINT):
    """What a terminal does at Ctrl-C: the whole foreground group gets the signal."""
    began = time.monotonic()
    os.killpg(process.pid, number)
    output, _ = process.communicate(timeout=30)
    return process.returncode, output, time.monotonic() - began


def running(environment):
    folder = Path(environment["PAET_LOCAL"]) / "run"
    return sorted(path.stem for path in folder.glob("*.pid") if locks.is_held(path))


def test_up_runs_until_ctrl_c_and_leaves_no_process(environment):
    process, text = up(environment)
    base = environment["PAET_PORT_BASE"]
    assert f'bootstrap {{"one": "http://127.0.0.1:{base}"}}' in text
    assert running(environment) == ["nats", "one", "postgres"]
    status, output, seconds = end(process)
    assert (status, output.strip()) == (0, "stopping")
    assert seconds < 5
    assert running(environment) == []


def test_second_up_is_refused_while_the_first_runs(environment):
    process, _ = up(environment)
    status, output = run(["up"], environment)
    assert status == 1
    assert f"already up (process {process.pid})" in output
    assert "Traceback" not in output
    assert end(process, signal.SIGTERM)[0] == 0


def test_demo_uses_the_suite_that_is_up_and_leaves_it_up(environment):
    process, _ = up(environment)
    status, output = run(["demo"], environment)
    assert (status, output.startswith("demo {")) == (7, True)
    assert running(environment) == ["nats", "one", "postgres"]
    end(process)


def test_demo_starts_a_suite_of_its_own_and_stops_it(environment):
    status, output = run(["demo"], environment)
    assert status == 7
    assert output.index("bootstrap {") < output.index("demo {")
    assert running(environment) == []


def test_ctrl_c_while_starting_leaves_no_process(environment):
    process = begin(["up"], environment)
    while "nats" not in running(environment):
        time.sleep(0.01)
    status, output, _ = end(process)
    assert status == 130
    assert "Traceback" not in output
    assert running(environment) == []


def test_up_after_a_killed_supervisor_ends_what_it_left(environment):
    process, _ = up(environment)
    process.kill()
    process.communicate(timeout=10)
    assert running(environment) == ["nats", "one", "postgres"]
    process, text = up(environment)
    assert "one was left over" in text
    assert end(process)[0] == 0


def test_taken_port_ends_with_status_1_and_no_traceback(environment):
    process, _ = up(environment)
    other = environment | {"PAET_LOCAL": environment["PAET_LOCAL"] + " two"}
    status, output = run(["up"], other)
    end(process)
    assert status == 1
    assert f"port {environment['PAET_PORT_BASE']} (one) is taken by another program; set PAET_PORT_BASE" in output
    assert f"port {environment['PAET_POSTGRES_PORT']} (postgres)" in output
    assert "Traceback" not in output


def test_clean_stops_what_runs_and_deletes_its_data(environment):
    process, _ = up(environment)
    status, _ = run(["clean"], environment)
    process.communicate(timeout=10)
    assert (status, process.returncode) == (0, 0)
    folder = Path(environment["PAET_LOCAL"])
    assert not folder.exists()
    assert not elsewhere(folder / "postgres").exists()


def test_migrate_starts_the_servers_only(environment):
    status, output = run(["migrate"], environment)
    assert (status, "up to date" in output) == (0, True)
    assert running(environment) == []


def test_environment_of_a_process_is_printed_for_a_shell(environment):
    status, output = run(["env", "one"], environment)
    assert status == 0
    assert "export PAET_ENVIRONMENT=development" in output
    assert "local state/secrets/one'" in output
    assert run(["env", "two"], environment)[0] == 1
