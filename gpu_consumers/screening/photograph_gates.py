"""The gates of engines that draw photographs: an operator's folder, loaded and watched.

Beside `gates.json` and the files that it names lie the operator's own two lists. The sandbox's are
empty and clear no photograph. What is missing, changed or unreadable closes all of these engines,
at the next look and not at the next start; nothing is ever judged by what was not pinned.
"""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from gpu_consumers.screening import open_nsfw
from gpu_consumers.screening.gate_fault import GateFault
from gpu_consumers.screening.gate_loading import LoadedGates, load_gates
from gpu_consumers.screening.gate_models import MANIFEST
from gpu_consumers.screening.output_checks import Lists
from gpu_consumers.screening.watched_list import WatchedList, head_of_people, head_of_pictures

KNOWN_PICTURES: Final = "known-pictures.json"
LISTED_PEOPLE: Final = "listed-people.json"


def lists_of(folder: Path) -> Lists:
    """Where the operator's lists lie, which are not the sandbox's."""
    return Lists(folder / KNOWN_PICTURES, folder / LISTED_PEOPLE)


class PhotographGates:
    """The folder as it is now. Safe to ask from several threads."""

    def __init__(self, folder: Path, *, now_s: Callable[[], float] = time.time) -> None:
        self.lists = lists_of(folder)
        self._folder = folder
        self._now_s = now_s
        self._one_at_a_time = threading.Lock()
        self._watched = (
            WatchedList("known pictures", folder / KNOWN_PICTURES, head_of_pictures),
            WatchedList("listed people", folder / LISTED_PEOPLE, head_of_people),
        )
        self._loaded: tuple[_Looks, LoadedGates] | None = None

    def at_hand(self) -> LoadedGates:
        """What is loaded; anew where any file is not what it was at the last look."""
        with self._one_at_a_time:
            looks = _looks(self._folder)
            if self._loaded is None or self._loaded[0] != looks:
                # Looked at before it is read: what changes meanwhile is read again.
                self._loaded = (looks, load_gates(self._folder))
            return self._loaded[1]

    def faults(self) -> tuple[GateFault, ...]:
        """Everything that keeps photographs from being released now; empty where nothing does."""
        loaded = self.at_hand()
        now_s, age_max_s = self._now_s(), self.lists.age_max_s
        with self._one_at_a_time:
            found = [
                one.fault(loaded.analyser.name, now_s=now_s, age_max_s=age_max_s)
                for one in self._watched
            ]
        return (*loaded.faults, *(fault for fault in found if fault is not None))


_Looks = tuple[tuple[str, int, int, int], ...]


def _looks(folder: Path) -> _Looks:
    """Name, size, time and number of every file that can be part of a gate."""
    folders = [folder, open_nsfw.packaged_folder()]
    return tuple(sorted(look for one in folders if one is not None for look in _files(one)))


def _files(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    try:
        for path in folder.iterdir():
            if path.suffix == ".onnx" or path.name == MANIFEST:
                facts = path.stat()
                yield (str(path), facts.st_size, facts.st_mtime_ns, facts.st_ino)
    except OSError:
        # Absent or unreadable: nothing of it counts.
        return
