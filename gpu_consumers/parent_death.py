"""How a process that was stopped comes to see that its parent has died."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1


def go_on_when_parent_dies() -> None:
    """Have the system continue this process when its parent dies, should it be stopped then.

    It ends by itself: what watches for the end of its parent runs again. A process that is not
    stopped notices nothing of it, and so ends in order, as one that the signal killed would not.
    Linux only: elsewhere a stopped process waits for somebody to continue it.
    """
    if sys.platform != "linux":
        return
    # Asked of the thread that started this process; where only that one ends, nothing happens.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGCONT), 0, 0, 0)
