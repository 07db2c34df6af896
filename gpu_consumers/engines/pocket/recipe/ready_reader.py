"""The classifier that judges pictures, trained where a fresh clone has none."""

from __future__ import annotations

import sys
from typing import Final

from gpu_consumers.engines.pocket.recipe.gate import GateFailed
from gpu_consumers.engines.pocket.recipe.picture_set import make_pictures
from gpu_consumers.engines.pocket.recipe.reader import Reader, load_reader, train_reader
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir

# Beside the stages of a training, which would take fewer pictures for all that there are to be.
_FOLDER: Final = "judge"
_CHUNKS_BY_RATIO: Final = {"1:1": 24, "3:4": 5, "4:3": 5, "9:16": 5, "16:9": 5}
_MINUTES: Final = 5.0
# A stage ends by the clock, whatever else the machine did meanwhile.
_LONGER_WHERE_IT_FAILED: Final = 3


def ready_reader(work_dir: WorkDir, device: str = "cpu") -> Reader:
    """Load that of a training, or that of an earlier evaluation; train one where neither is.

    Raises GateFailed where it does not read real renders as it should, even after longer.
    """
    if work_dir.is_done("reader"):
        return load_reader(work_dir, device)
    own = WorkDir(work_dir.path(_FOLDER))
    if not own.is_done("reader"):
        print("no classifier yet: it is trained first, in seven minutes", file=sys.stderr)
        own.mark_done("pictures", make_pictures(own, _CHUNKS_BY_RATIO))
        try:
            figures = train_reader(own, device, minutes=_MINUTES)
        except GateFailed as failed:
            print(f"{failed}: once more, for longer", file=sys.stderr)
            longer = _MINUTES * _LONGER_WHERE_IT_FAILED
            figures = train_reader(own, device, minutes=longer)
        own.mark_done("reader", figures)
    return load_reader(own, device)
