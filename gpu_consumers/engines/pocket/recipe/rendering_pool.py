"""Who renders the training pictures: a process a core, since a GPU cannot help with it."""

from __future__ import annotations

import os
from multiprocessing import get_context
from multiprocessing.pool import Pool


def rendering_pool() -> Pool:
    """Fresh processes: a fork would copy the threads of torch in whatever state they are."""
    return get_context("spawn").Pool(os.cpu_count())
