"""How much memory a tree of processes holds: shared pages are counted once."""

import threading
from pathlib import Path

SAMPLE_S = 1.0


class PeakMemory:
    """Samples this process, its descendants and the embedded database while a block runs."""

    def __init__(self, root_pid: int) -> None:
        self._root_pid = root_pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.peak_bytes = 0

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_S):
            total = sum(_proportional_bytes(pid) for pid in _descendants(self._root_pid))
            self.peak_bytes = max(self.peak_bytes, total)


def _descendants(root: int) -> set[int]:
    parents: dict[int, int] = {}
    servers: set[int] = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        name, _, rest = stat.partition("(")[2].rpartition(")")
        parents[int(entry.name)] = int(rest.split()[1])
        if name == "postgres":
            # The database is nobody's child once it runs; on a demo machine it is ours.
            servers.add(int(entry.name))
    found = {root} | servers
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _proportional_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
