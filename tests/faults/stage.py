"""How a test speaks to the processes it has staged: by files in one folder."""

from dataclasses import dataclass
from pathlib import Path


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


HOLD_PAINTER = "hold-painter"
HOLD_ANALYSER = "hold-analyser"
ANALYSER_IS_LOOKING = "analyser-is-looking"
OUT_OF_MEMORY = "out-of-memory"
STORE_IS_FULL = "store-is-full"


def stage_of(home: Path) -> Stage:
    """The stage of an installation."""
    return Stage(home / "stage")
