"""How a test speaks to the processes it has staged: by files in one folder."""

from dataclasses import dataclass
from pathlib import Path
from threading import Event

LOOK_AGAIN_S = 0.02


@dataclass(frozen=True)
class Stage:
    """Each flag is a file: there or not."""

    folder: Path

    def raise_flag(self, name: str) -> None:
        """Put a flag up. May be repeated."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).touch()

    def lower_flag(self, name: str) -> None:
        """Take a flag down. May be repeated."""
        (self.folder / name).unlink(missing_ok=True)

    def is_up(self, name: str) -> bool:
        """Whether a flag is up."""
        return (self.folder / name).exists()

    def take(self, name: str) -> bool:
        """Take a flag down. False where it was not up: only one taker gets it."""
        try:
            (self.folder / name).unlink()
        except FileNotFoundError:
            return False
        return True

    def halt_at(self, flag: str) -> None:
        """Where the flag is up, say that this place was reached, and wait until it is down."""
        never = Event()
        if self.is_up(flag):
            self.raise_flag(_reached(flag))
        while self.is_up(flag):
            never.wait(LOOK_AGAIN_S)

    def is_reached(self, flag: str) -> bool:
        """Whether a process has halted at a flag since this was last answered with True."""
        return self.take(_reached(flag))


def _reached(flag: str) -> str:
    return f"{flag}-reached"


HOLD_PAINTER = "hold-painter"
PAINTER_IS_DRAWING = "painter-is-drawing"
HOLD_ANALYSER = "hold-analyser"
ANALYSER_IS_LOOKING = "analyser-is-looking"
HOLD_UPLOAD = "hold-upload"
"""Halts a worker when half of an object has left it."""

OUT_OF_MEMORY = "out-of-memory"
STORE_IS_FULL = "store-is-full"


def stage_of(home: Path) -> Stage:
    """The stage of an installation."""
    return Stage(home / "stage")
