"""Resolved settings of clips: what moves, for how long, and at which size."""

import msgspec

from domain.asked_settings import AskedClips, drawn
from domain.engines.entry import ClipOptions, EngineEntry
from domain.refusals import (
    CountOutOfRange,
    DurationUnsupported,
    EngineUnavailable,
    TooManySeconds,
    UnknownMotion,
)

CLIP_SECONDS_MIN = 3
"""What the product promises. A clip that would have to be shorter is refused and costs nothing."""

MS_PER_S = 1_000

_DEFAULTS = AskedClips()


class VideoSettings(msgspec.Struct, frozen=True, tag="video"):
    """Settings that all clips of a job share. Sizes in pixels, as drawn and as delivered."""

    width: int
    height: int
    delivered_width: int
    delivered_height: int
    aspect_ratio: str
    style: str
    motion: str
    duration_ms: int
    frames: int
    frame_rate: int
    num_inference_steps: int
    guidance_scale: float
    twin_strength: float

    @property
    def duration_s(self) -> int:
        """In whole seconds, as they are asked for."""
        return self.duration_ms // MS_PER_S

    @property
    def frames_min(self) -> int:
        """How many frames have to be left where the end of a clip is cut."""
        return CLIP_SECONDS_MIN * self.frame_rate

    @property
    def duration_min_ms(self) -> int:
        """The shortest clip that may be delivered."""
        return CLIP_SECONDS_MIN * MS_PER_S

    @property
    def pixels(self) -> int:
        """Of one delivered frame."""
        return self.delivered_width * self.delivered_height


def clip_options(entry: EngineEntry) -> ClipOptions:
    """What an engine can animate. Raises `EngineUnavailable` for one that makes no clips."""
    if entry.clips is None:
        raise EngineUnavailable(entry.id, ("video",))
    return entry.clips


def resolve_video(entry: EngineEntry, asked: AskedClips = _DEFAULTS) -> VideoSettings:
    """Raises as `drawn`, and `EngineUnavailable`, `UnknownMotion`, `DurationUnsupported`."""
    clips = clip_options(entry)
    seconds = clips.durations_s[0] if asked.duration_s is None else asked.duration_s
    if seconds not in clips.durations_s:
        raise DurationUnsupported(seconds, clips.durations_s)
    motion = clips.motions[0] if asked.motion is None else asked.motion
    if motion not in clips.motions:
        raise UnknownMotion(motion, clips.motions)
    shared = drawn(entry, asked, steps=clips.steps)
    return VideoSettings(
        **shared,
        delivered_width=shared["width"] * entry.delivery_scale,
        delivered_height=shared["height"] * entry.delivery_scale,
        motion=motion,
        duration_ms=seconds * MS_PER_S,
        frames=seconds * clips.frame_rate,
        frame_rate=clips.frame_rate,
    )


def require_clip_count(entry: EngineEntry, settings: VideoSettings, count: int) -> int:
    """How many clips are asked for. Raises `CountOutOfRange`, `TooManySeconds`."""
    clips = clip_options(entry)
    if not clips.count.minimum <= count <= clips.count.maximum:
        raise CountOutOfRange(clips.count.minimum, clips.count.maximum)
    seconds = count * settings.duration_ms // MS_PER_S
    if seconds > clips.seconds_max:
        raise TooManySeconds(seconds, clips.seconds_max)
    return count
