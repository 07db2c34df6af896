"""The classifier that judges pictures, trained where a fresh clone has none."""

from __future__ import annotations

import sys
from typing import Final

from gpu_consumers.engines.pocket.recipe.gate import GateFailed
from gpu_consumers.engines.pocket.recipe.minutes import MINUTES
from gpu_consumers.engines.pocket.recipe.picture_set import make_pictures
from gpu_consumers.engines.pocket.recipe.reader import Reader, load_reader, train_reader
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir

# A stage ends by the clock, whatever else the machine did meanwhile.
_LONGER_WHERE_IT_FAILED: Final = 3


def ready_reader(work_dir: WorkDir, device: str = "cpu") -> Reader:
    """Load it, after the recipe's two stages that make it where they have not been run.

    Raises GateFailed where it does not read real renders as it should, even after longer.
    """
    if not work_dir.is_done("reader"):
        print("no classifier yet: it is trained first, in ten minutes", file=sys.stderr)
        work_dir.mark_done("pictures", make_pictures(work_dir))
        minutes = MINUTES[device].reader
        try:
            figures = train_reader(work_dir, device, minutes=minutes)
        except GateFailed as failed:
            print(f"{failed}: once more, for longer", file=sys.stderr)
            longer = minutes * _LONGER_WHERE_IT_FAILED
            figures = train_reader(work_dir, device, minutes=longer)
        work_dir.mark_done("reader", figures)
    return load_reader(work_dir, device)
