"""Ends a process whose main loop stands still, so that whoever restarts what ends can do so.

A thread beside the loop counts its own ticks since the loop last turned. It does not look at a
clock: a process that was stopped and goes on is not blamed for the time in which it was stopped. A
loop that stands still and lets no other thread run is not noticed here: the supervisor sees it.
"""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Final

import structlog

from processes.heartbeat import Heartbeat

log = structlog.get_logger()

EXIT_CODE: Final = 75
"""As sysexits.h says "temporary failure": no other ending of ours has it."""

START_UP_MAX_S = 180.0
"""How long a process may take from its start to the first turn of its main loop."""
ENDING_MAX_S = 60.0
"""How long it may take to end, once it was told to: a worker finishes what is nearly done."""
TICKS_PER_TURN = 20
TICK_MAX_S = 1.0
SAY_WITHIN_S = 2.0
"""What holds the loop may hold the log, too."""
FRAMES_SAID_MAX = 12


class Standstill:
    """Counts ticks since the loop last turned. `tick` is called every `tick_s` seconds."""

    def __init__(self, heartbeat: Heartbeat, turn_max_s: float) -> None:
        self._heartbeat = heartbeat
        self._turn_max_s = turn_max_s
        self._seen: tuple[int, float] = (0, 0.0)
        self._ticks = 0
        self.tick_s = min(TICK_MAX_S, turn_max_s / TICKS_PER_TURN)

    def tick(self) -> bool:
        """Count one tick. True once the loop has stood still for longer than it may."""
        seen = (self._heartbeat.turns, self._limit_s())
        self._ticks = self._ticks + 1 if seen == self._seen else 0
        self._seen = seen
        return self._ticks * self.tick_s > seen[1]

    def _limit_s(self) -> float:
        if self._heartbeat.turns == 0:
            return START_UP_MAX_S
        # Asked as the event that it is: where the main loop asks, this would be a turn of it.
        if self._heartbeat.thread == -1 or threading.Event.is_set(self._heartbeat):
            return max(self._turn_max_s, ENDING_MAX_S)
        return self._turn_max_s


def end_at_standstill(process: str, heartbeat: Heartbeat, *, turn_max_s: float) -> None:
    """From now on, end this process with `EXIT_CODE` if its main loop stands still.

    Nothing is cleaned up: what would have to be may be what does not move.
    """
    main = heartbeat.thread
    standstill = Standstill(heartbeat, turn_max_s)

    def watch() -> None:
        while not standstill.tick():
            time.sleep(standstill.tick_s)
        saying = threading.Thread(target=_say, args=[process, main], daemon=True)
        saying.start()
        saying.join(SAY_WITHIN_S)
        os._exit(EXIT_CODE)

    threading.Thread(target=watch, name="standstill", daemon=True).start()


def _say(process: str, main: int) -> None:
    log.error("main loop stands still", process=process, exit_code=EXIT_CODE, at=_places(main))


def _places(thread: int) -> str:
    """File and line of each frame. Never a value: it may be somebody's."""
    frame = sys._current_frames().get(thread)
    places: list[str] = []
    while frame is not None and len(places) < FRAMES_SAID_MAX:
        places.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(places)
