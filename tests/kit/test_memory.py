"""Memory given back: by the C library that can, and nothing else happens where it cannot."""

import ctypes
from types import SimpleNamespace

from kit.memory import give_back


def test_the_library_is_asked_to_give_back_all_it_can(monkeypatch):
    asked = []
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(malloc_trim=asked.append))
    give_back()
    assert asked == [0]


def test_nothing_happens_where_the_library_keeps_nothing_back(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    give_back()


def test_the_library_of_this_machine_takes_it():
    give_back()
