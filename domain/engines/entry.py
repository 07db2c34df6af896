"""What an engine may be asked, and what it costs: one entry per engine."""

import msgspec

from domain.job_kind import JobKind
from domain.rating import Rating


class WholeRange(msgspec.Struct, frozen=True):
    """Whole numbers from `minimum` to `maximum`, both included."""

    minimum: int
    maximum: int
    default: int


class RealRange(msgspec.Struct, frozen=True):
    """Numbers from `minimum` to `maximum`, both included."""

    minimum: float
    maximum: float
    default: float


class TrainingRecipe(msgspec.Struct, frozen=True):
    """How a twin is trained: `steps_per_photo` times the photos, clamped."""

    rank: int
    learning_rate: float
    steps_per_photo: int
    steps_min: int
    steps_max: int
    sample_count: int
    sample_prompts: tuple[str, ...]


class ClipOptions(msgspec.Struct, frozen=True):
    """What an engine can animate. The first duration and the first motion are the defaults.

    `frame_rate` in whole frames a second. `seconds_max` bounds count × duration of one request.
    `source_strength` is how much of a picture that a clip begins with is drawn anew.
    `raw_size_bytes_max` bounds the lossless frames of one clip, `megapixel_second` is the price.
    `needs_source`: there is no clip that does not begin with a picture. `keeps_first_frame`: that
    picture stands in the clip as it is, with whoever it shows, whom nobody had to learn for it.
    """

    durations_s: tuple[int, ...]
    motions: tuple[str, ...]
    frame_rate: int
    count: WholeRange
    seconds_max: int
    steps: WholeRange
    source_strength: RealRange
    raw_size_bytes_max: int
    megapixel_second: int
    needs_source: bool = False
    keeps_first_frame: bool = False


class PriceFactors(msgspec.Struct, frozen=True):
    """Whole millicredits: a fixed part and one per step, for one training and for one picture.

    0 for what an engine does not do.
    """

    training: int = 0
    training_step: int = 0
    image: int = 0
    image_step: int = 0


class PromptReading(msgspec.Struct, frozen=True):
    """How an engine reads a prompt: word by word, in small letters, `words_max` of them.

    What is put before or behind the person's own words takes room as well: `twin_phrase` where a
    twin is drawn, and the phrases of style and motion. A word outside of `vocabulary` takes room
    and says nothing.
    """

    words_max: int
    vocabulary: frozenset[str]
    twin_phrase: str
    style_phrases: dict[str, str]
    motion_phrases: dict[str, str] = {}


class EngineEntry(msgspec.Struct, frozen=True):
    """One engine of the catalogue.

    `aspect_ratios` maps a ratio to (width, height) in pixels. `brings_weights`: every worker has
    them, and nobody has to bring any. `weighs_words`: `(word:1.2)` is honoured. `guidance_free_at`
    is the guidance scale up to which classifier-free guidance, and with it a negative prompt, has
    no effect. `batch_key` names the settings that have to be equal inside one batch. `reading` is
    None where only the weights, which are the operator's to bring, know how a prompt is read, and
    all of it is read. What is drawn is delivered `delivery_scale` times as wide and high.
    `drawn_before`: sizes that the ratios had once, as jobs of that time still say them, and what is
    drawn for them today. `source_strength` is how much of a picture is drawn anew where a picture
    begins with one. `clips` is None for an engine that makes none, `training` for one that draws no
    twins. `reads_words`: it is told what to draw; where not, a prompt is refused.
    """

    id: str
    title: str
    licence: str
    photorealistic: bool
    ratings: tuple[Rating, ...]
    pipelines: tuple[JobKind, ...]
    aspect_ratios: dict[str, tuple[int, int]]
    styles: tuple[str, ...]
    negative_prompt: bool
    guidance_free_at: float
    steps: WholeRange
    guidance: RealRange
    strength: RealRange
    count: WholeRange
    source_strength: RealRange
    prompt_length_max: int
    training: TrainingRecipe | None
    attempt_limit_s: dict[JobKind, int]
    prices: PriceFactors
    live_previews: bool
    batch_key: tuple[str, ...]
    brings_weights: bool = False
    reads_words: bool = True
    weighs_words: bool = False
    reading: PromptReading | None = None
    delivery_scale: int = 1
    drawn_before: dict[tuple[int, int], tuple[int, int]] = {}
    clips: ClipOptions | None = None

    @property
    def default_aspect_ratio(self) -> str:
        """The first of the ratios."""
        return next(iter(self.aspect_ratios))

    def drawn_today(self, width: int, height: int) -> tuple[int, int]:
        """The size, in pixels, that is drawn where a job says this one."""
        return self.drawn_before.get((width, height), (width, height))

    def keeps(self, kind: JobKind, *, has_source: bool) -> bool:
        """Whether a job begins with a picture that stands in what is made, as it is."""
        keeps_first = self.clips is not None and self.clips.keeps_first_frame
        return has_source and kind is JobKind.VIDEO and keeps_first

    @property
    def default_style(self) -> str:
        """The first of the styles."""
        return self.styles[0]
