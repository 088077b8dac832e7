"""CPU and memory are those of a process with its children, and quantiles are what they say."""

import subprocess
import sys
import time

import pytest

from bench import usage
from bench.journeys import quantiles

BUSY = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass\nprint(flush=True)\ninput()"
PARENT = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BUSY!r}.format(0.3)])"


@pytest.fixture
def started():
    processes = []

    def start(code):
        processes.append(
            subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        return processes[-1]

    yield start
    for process in processes:
        process.communicate("\n", timeout=20)


def test_cpu_is_counted_with_that_of_children(started):
    process = started(PARENT)
    assert process.stdout.readline() == "\n"
    assert len(usage.family(process.pid)) == 2
    assert 0.3 <= usage.cpu_seconds(process.pid) < 3


def test_waiting_costs_nothing(started):
    process = started(BUSY.format(0))
    assert process.stdout.readline() == "\n"
    before = usage.cpu_seconds(process.pid)
    time.sleep(0.3)
    assert usage.cpu_seconds(process.pid) - before <= 2 / usage.TICKS


def test_memory_is_that_of_the_family(started):
    process = started(BUSY.format(0) + "\n" + "x = bytearray(0)")
    big = started("x = bytearray(64 << 20)\nprint(flush=True)\ninput()")
    assert process.stdout.readline() == big.stdout.readline() == "\n"
    few, much = usage.memory(process.pid), usage.memory(big.pid)
    assert much.rss - few.rss == pytest.approx(64, abs=8)
    assert 0 < few.pss <= few.rss


def test_doubles_of_outside_systems_are_not_counted():
    assert usage.inside({"gateway": 1.0, "postgres": 0.5, "bank": 9.0, "thaid": 9.0, "mail": 9.0}) == 1.5


def test_a_program_that_was_not_there_before_counts_whole():
    assert usage.spent({"review": 1.0}, {"review": 1.5, "search": 0.25}) == {"review": 0.5, "search": 0.25}


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([0.002], {"p50": 2, "p99": 2, "max": 2}),
        ([each / 1000 for each in range(1, 102)], {"p50": 51, "p99": 100, "max": 101}),
        ([0.001] * 99 + [1.0], {"p50": 1, "p99": 1 + 0.01 * 999, "max": 1000}),
    ],
    ids=["one", "many", "a slow one"],
)
def test_quantiles_are_in_milliseconds_and_hide_no_slow_one(seconds, expected):
    assert quantiles(seconds) == pytest.approx(expected)
