"""When a process that folds facts, or answers many, looks for garbage."""

import gc

OBJECTS_PER_LOOK = 50_000
"""More than a batch of facts makes: all of them live until it is written, and to look through them
again and again while they do took two fifths of the projector's time."""


def look_seldom() -> None:
    """From now on, look once for each few batches; what was imported is not looked at again.

    For a process that does little else, once it is assembled: the setting is the whole process's.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_PER_LOOK, 20, 100)
