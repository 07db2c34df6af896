"""What clips are worth, in figures: motion, identity, words, and a given first frame.

Every line has its ceiling on clips rendered of the same people in the same motions, and where it
tells something, the same measure on frames that know nothing of each other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from gpu_consumers.engines.adapter_file import read_adapter
from gpu_consumers.engines.latent_animation import LatentAnimation
from gpu_consumers.engines.pocket.analyser import PocketFaceAnalyser
from gpu_consumers.engines.pocket.loading import LOADER
from gpu_consumers.engines.pocket.recipe.motion_gate import FLICKER_MAX, JITTER_MAX
from gpu_consumers.engines.pocket.recipe.motion_measures import (
    Pictures,
    mean_flicker,
    mean_jitter,
    motion_likeness,
)
from gpu_consumers.engines.pocket.recipe.motion_reader import MotionReader
from gpu_consumers.engines.pocket.recipe.motion_trial import (
    MOTION_WORDS,
    STEPS,
    Trial,
    draw_clips,
    load_animation,
    trials,
    without_motion,
)
from gpu_consumers.engines.pocket.recipe.twin_figures import gallery, vectors_of
from gpu_consumers.engines.pocket.recipe.twin_jobs import TwinJobs, scene_words
from gpu_consumers.engines.pocket.world.identity import look_alike, random_identity
from gpu_consumers.engines.pocket.world.motion import MOTIONS
from gpu_consumers.engines.pocket.world.photo_set import described_photo_set
from gpu_consumers.engines.slot_bank import RowTwin

Line = dict[str, Any]
_FRAMES: Final = 32
_SECONDS_MAX: Final = 20.0
_LIKENESS_GOAL: Final = 0.5
_READ_SHARE_GOAL: Final = 0.8
_RANK_1_SHARE_GOAL: Final = 0.75
# Levels of 255. The autoencoder alone loses most of it.
_FIRST_FRAME_L1_MAX: Final = 6.0
_GALLERY: Final = 50
_FRAME_EVERY: Final = 4
_SEED: Final = 70_000
_TWIN_SEED: Final = 5_000


def motion_lines(
    weights: Path, analyser: PocketFaceAnalyser, *, each: int, twins: int
) -> Iterator[Line]:
    """`each` clips of every motion from words and from a picture, and one of each a twin."""
    animation, reader = load_animation(weights), MotionReader()
    yield _speed_line(animation)
    asked = trials(each, seed=_SEED)
    real = [trial.rendered(_FRAMES) for trial in asked]
    unlinked = _unlinked(weights, asked[: len(MOTIONS)])
    drawn = draw_clips(animation, asked, frames=_FRAMES)
    yield from _clip_lines("clips from words", asked, drawn, real, analyser, reader, unlinked)
    drawn = draw_clips(animation, asked, frames=_FRAMES, from_stills=True)
    yield _first_frame_line(asked, drawn)
    yield from _clip_lines("clips from a picture", asked, drawn, real, analyser, reader, unlinked)
    yield from _twin_clip_lines(animation, weights, analyser, reader, unlinked, twins)


def _speed_line(animation: LatentAnimation) -> Line:
    draw_clips(animation, trials(1, seed=_SEED)[:1], frames=_FRAMES, steps=1)
    started, cpu = time.monotonic(), time.process_time()
    draw_clips(animation, trials(1, seed=_SEED)[:1], frames=_FRAMES)
    wall, cpu = time.monotonic() - started, time.process_time() - cpu
    return {
        "measure": f"a clip of 4 s ({_FRAMES} frames, {STEPS} steps with guidance), wall s",
        "value": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "goal": _SECONDS_MAX,
        "holds": wall <= _SECONDS_MAX,
    }


def _unlinked(weights: Path, asked: Sequence[Trial]) -> list[Pictures]:
    """Frames that share words and most of their noise but see nothing of each other."""
    animation = load_animation(weights)
    without_motion(animation)
    return draw_clips(animation, asked, frames=_FRAMES)


def _clip_lines(
    what: str,
    asked: Sequence[Trial],
    drawn: Sequence[Pictures],
    real: Sequence[Pictures],
    analyser: PocketFaceAnalyser,
    reader: MotionReader,
    unlinked: Sequence[Pictures],
) -> Iterator[Line]:
    names = [trial.motion.name for trial in asked]
    likeness = np.array(motion_likeness(drawn, real))
    by_motion = {
        name: round(float(np.median(likeness[[other == name for other in names]])), 2)
        for name in dict.fromkeys(names)
    }
    visible = float(np.median(likeness))
    yield {
        "measure": f"{what}: visible motion, likeness to real clips, median",
        "value": round(visible, 3),
        "goal": _LIKENESS_GOAL,
        "holds": visible >= _LIKENESS_GOAL,
        "n": len(asked),
        "by_motion": by_motion,
    }
    read, ceiling = reader.accuracy(drawn, names), reader.accuracy(real, names)
    yield {
        "measure": f"{what}: motion read is the one asked for",
        "value": round(read, 3),
        "goal": round(_READ_SHARE_GOAL * ceiling, 3),
        "holds": read >= _READ_SHARE_GOAL * ceiling,
        "n": len(asked),
        "ceiling": round(ceiling, 3),
        "chance": 1 / len(MOTIONS),
        "unlinked_frames": round(
            reader.accuracy(unlinked, [trial.motion.name for trial in asked[: len(unlinked)]]), 3
        ),
        "read_as": [reader.motion(clip) for clip in drawn],
        "asked_for": names,
    }
    measures: tuple[tuple[str, float, Callable[[Sequence[Pictures]], float]], ...] = (
        (
            "identity jitter, mean 1 - cosine of consecutive frames",
            JITTER_MAX,
            lambda clips: mean_jitter(analyser, clips),
        ),
        (
            "flicker, levels of 255 from the mean of both neighbours",
            FLICKER_MAX,
            mean_flicker,
        ),
    )
    for measure, bound, mean in measures:
        value = mean(drawn)
        yield {
            "measure": f"{what}: {measure}",
            "value": round(value, 4),
            "goal": bound,
            "holds": value <= bound,
            "n": len(asked) * (_FRAMES - 1),
            "ceiling": round(mean(real), 4),
            "unlinked_frames": round(mean(unlinked), 4),
        }


def _first_frame_line(asked: Sequence[Trial], drawn: Sequence[Pictures]) -> Line:
    distances = [
        float(np.abs(clip[0].astype(float) - trial.still()).mean())
        for trial, clip in zip(asked, drawn, strict=True)
    ]
    value = float(np.mean(distances))
    return {
        "measure": "clips from a picture: first frame against it, mean L1 in levels of 255",
        "value": round(value, 2),
        "goal": _FIRST_FRAME_L1_MAX,
        "holds": value <= _FIRST_FRAME_L1_MAX,
        "worst": round(max(distances), 2),
        "n": len(asked),
    }


def _twin_clip_lines(
    animation: LatentAnimation,
    weights: Path,
    analyser: PocketFaceAnalyser,
    reader: MotionReader,
    unlinked: Sequence[Pictures],
    twins: int,
) -> Iterator[Line]:
    if not twins:
        return
    jobs = TwinJobs(weights)
    rows: list[dict[str, float]] = []
    asked: list[Trial] = []
    drawn: list[Pictures] = []
    for number in range(twins):
        mine, clips, row = one_twins_clips(animation, jobs, analyser, _TWIN_SEED + number)
        asked, drawn, rows = asked + mine, drawn + clips, [*rows, row]
    for kind in ("random", "look_alike"):
        value, ceiling, worded = (
            float(np.mean([row[f"{which}_{kind}"] for row in rows]))
            for which in ("twin", "real", "prompt")
        )
        yield {
            "measure": f"clips of a twin: rank-1 of {_GALLERY} {kind} people on frames",
            "value": round(value, 3),
            "goal": round(_RANK_1_SHARE_GOAL * ceiling, 3),
            "holds": value >= _RANK_1_SHARE_GOAL * ceiling,
            "n": len(drawn) * _FRAMES // _FRAME_EVERY,
            "ceiling": round(ceiling, 3),
            "prompt_only": round(worded, 3),
            "chance": 1 / _GALLERY,
            "twins": twins,
        }
    real = [trial.rendered(_FRAMES) for trial in asked]
    yield from _clip_lines("clips of a twin", asked, drawn, real, analyser, reader, unlinked)


def one_twins_clips(
    animation: LatentAnimation, jobs: TwinJobs, analyser: PocketFaceAnalyser, seed: int
) -> tuple[list[Trial], list[Pictures], dict[str, float]]:
    """A clip of every motion of one unseen person's twin, and how often frames are that person.

    `prompt` is the same clips without the twin, of every word that describes the person.
    """
    photos = described_photo_set(seed)
    rng = np.random.default_rng([seed, 7])
    worded = [trial.of(photos.identity) for trial in trials(1, seed=_SEED + seed)]
    named = [replace(trial, prompt=twin_prompt(trial)) for trial in worded]
    twin, _ = jobs.train(photos, seed=seed)
    drawn = draw_clips(
        animation, named, frames=_FRAMES, twin=hold(animation, f"twin {seed}", twin.adapter)
    )
    shown = {
        "twin": drawn,
        "real": [trial.rendered(_FRAMES) for trial in worded],
        "prompt": draw_clips(animation, worded, frames=_FRAMES),
    }
    others = {
        "random": [random_identity(rng) for _ in range(_GALLERY - 1)],
        "look_alike": [look_alike(photos.identity, rng) for _ in range(_GALLERY - 1)],
    }
    row = {}
    frames = {name: np.concatenate([c[::_FRAME_EVERY] for c in shown[name]]) for name in shown}
    vectors = {name: vectors_of(analyser, pictures) for name, pictures in frames.items()}
    for kind, people in others.items():
        means = gallery(analyser, [photos.identity, *people], rng)
        for name, (each, found) in vectors.items():
            row[f"{name}_{kind}"] = float((((each @ means.T).argmax(1) == 0) & found).mean())
    return named, drawn, row


def twin_prompt(trial: Trial) -> str:
    """What a creator would write for this clip of their twin, with the twin's name."""
    words = f"{MOTION_WORDS[trial.motion.name]}, {scene_words(trial.scene)}"
    return LOADER.prompt_for(words, "plain", names_twin=True)


def hold(animation: LatentAnimation, key: str, adapter: bytes) -> RowTwin:
    """Put a twin's file into a slot."""
    checked = read_adapter(
        adapter,
        animation.bank.targets,
        rank_max=LOADER.rank_max,
        size_bytes_max=LOADER.adapter_size_bytes_max,
    )
    animation.bank.put(key, checked)
    return RowTwin(key, 1.0)
