"""Whether a twin is somebody: gate 5, one twin against look-alikes who share every word.

The twin is trained by the code that serves creators, from a finished weights directory. That code
speaks in messages, so this stage and the motion gate need msgspec.
"""

from __future__ import annotations

from typing import Any, Final

from gpu_consumers.engines.pocket.analyser import PocketFaceAnalyser
from gpu_consumers.engines.pocket.recipe.export import export
from gpu_consumers.engines.pocket.recipe.gate import pass_gate
from gpu_consumers.engines.pocket.recipe.reader import load_reader
from gpu_consumers.engines.pocket.recipe.twin_figures import one_twin
from gpu_consumers.engines.pocket.recipe.twin_jobs import TwinJobs
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir

RANK_1_MIN: Final = 0.2
"""Ten times chance among fifty."""
TIMES_PROMPT_ONLY_MIN: Final = 3.0
_SEED: Final = 4_999


def pass_twin_gate(work_dir: WorkDir) -> dict[str, Any]:
    """Gate: how often a twin's pictures are nearest to the twin's person, of 50 look-alikes."""
    weights = work_dir.path("candidate")
    export(work_dir, weights)
    jobs, analyser = TwinJobs(weights), PocketFaceAnalyser.load(weights)
    figures = one_twin(jobs, analyser, load_reader(work_dir, "cpu"), _SEED)
    needed = max(RANK_1_MIN, TIMES_PROMPT_ONLY_MIN * figures["prompt_rank_1_look_alike"])
    pass_gate("twin rank-1 of 50 look-alikes", figures["twin_rank_1_look_alike"], needed)
    return figures
