"""Memory that a process has freed, given back to the machine."""

import ctypes


def give_back() -> None:
    """Give back what is free, where the C library is glibc, which keeps it; nothing elsewhere.

    It helps only where much was freed between things that stay, and takes a millisecond then.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
