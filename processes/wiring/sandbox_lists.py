"""The sandbox's lists of known pictures and listed people: empty, and issued anew all the time.

They are for cartoons. Photographs are compared with an operator's own lists, in the folder of their
gates. Where nobody issues a list, it grows too old and every release is denied.
"""

import threading
import time

from gpu_consumers.screening.lists import SANDBOX_LIST, FaceList, HashList, issue_list
from processes.settings import Settings

REFRESH_S = 3_600.0


def issue_sandbox_lists(settings: Settings) -> None:
    """Issue both lists now."""
    folder = settings.home / "lists"
    now_s = time.time()
    issue_list(folder / "known-pictures.json", HashList(SANDBOX_LIST, now_s, ()))
    issue_list(
        folder / "listed-people.json", FaceList(SANDBOX_LIST, now_s, "pocket-analyser-1", ())
    )


def keep_lists_fresh(settings: Settings, stop: threading.Event) -> None:
    """Issue both lists now and every hour, until `stop` is set."""
    while True:
        issue_sandbox_lists(settings)
        if stop.wait(REFRESH_S):
            return
