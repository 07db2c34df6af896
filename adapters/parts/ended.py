"""How a server that was started here is ended."""

import signal
import subprocess
from typing import Any


def is_ended(process: subprocess.Popen[Any], how: signal.Signals, *, within_s: float) -> bool:
    """Send it a signal and wait. Where it does not end in time it is killed; answers False then."""
    process.send_signal(how)
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return False
    return True
