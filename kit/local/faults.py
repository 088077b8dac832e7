"""What `kit.local` raises for the person at the terminal."""


class LocalError(Exception):
    """Something the person can put right: says what and how; shown without a traceback, exit status 1."""


class Cancelled(KeyboardInterrupt):
    """The start was given up because somebody asked the suite to stop."""
