"""One process of executors that write down what they do: `python -m … URL FOLDER NAME`."""

import os
import sys
import threading
from pathlib import Path
from uuid import UUID

from adapters.intents.postgres import open_intents
from processes.lifecycle import stop_requested
from processes.reactor.crew import Crew
from processes.reactor.executor import Executor, Pace, Wake
from processes.reactor.outcome import Done, Outcome
from processes.wiring.clock import system_clock

PACE = Pace(lease_s=1.0, poll_s=0.02)
EXECUTORS = 2


class WrittenDown:
    """A deed that writes a line when it begins and one when it ends.

    Where there is a file `hold-KEY`, it says `did-KEY` and hangs, between deed and mark.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._diary = os.open(folder / "diary", os.O_APPEND | os.O_CREAT | os.O_WRONLY)

    def carry_out(self, wanted: object, owner_id: UUID, key: UUID) -> Outcome:
        """See `Deeds.carry_out`."""
        self._write("begin", owner_id, key)
        if (self._folder / f"hold-{key}").exists():
            (self._folder / f"did-{key}").touch()
            threading.Event().wait()
        self._write("end", owner_id, key)
        return Done()

    def _write(self, what: str, owner_id: UUID, key: UUID) -> None:
        os.write(self._diary, f"{self._name} {what} {owner_id} {key}\n".encode())


def main() -> None:
    """Carry out what is due until the process is told to stop."""
    url, folder, name = sys.argv[1:]
    stop = stop_requested()
    wake = Wake()
    deed = WrittenDown(Path(folder), name)
    with open_intents(url, connections_max=EXECUTORS + 1) as intents:
        executors = [Executor(intents, deed, system_clock, pace=PACE) for _ in range(EXECUTORS)]
        with Crew(executors, stop, wake, pace=PACE):
            (Path(folder) / f"ready-{name}").touch()
            stop.wait()


if __name__ == "__main__":
    main()
