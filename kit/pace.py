"""How long a loop pauses between two batches, so that work gathers and one transaction serves more of it.

The first piece of work after a quiet time waits for nothing. When there is much to do, batches take longer, pauses
with them, and the next batch is larger: each piece of work costs less the more there is.
"""

SHORTEST, LONGEST = 0.02, 0.1


def pause_after(seconds: float) -> float:
    """Seconds to pause after a batch that took so long."""
    return min(max(seconds, SHORTEST), LONGEST)
