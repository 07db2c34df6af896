"""How torch's CPU threads wait for one another: asleep, so that a neighbour costs its share."""

import os
from typing import Final

_VARIABLE: Final = "OMP_WAIT_POLICY"


def let_waiting_threads_sleep() -> None:
    """From the first import of torch in this process on; without effect after it.

    An operator's own `OMP_WAIT_POLICY` stands. May be called any number of times.
    """
    # OpenMP's threads spin while one of them still computes. With another process on the same
    # cores the spinning takes the time that the computing thread waits for: everybody spins.
    os.environ.setdefault(_VARIABLE, "PASSIVE")
