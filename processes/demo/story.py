"""What a journey asks for, and what came of it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wish:
    """Pictures to ask for."""

    prompt: str
    count: int
    style: str = "plain"
    aspect_ratio: str = "1:1"
    negative_prompt: str | None = None
    seed: int = 7


WISHES = (
    Wish("smiling, front view, green top, yellow background", 2, seed=11),
    Wish("frowning, looking left, red top, blue background", 2, seed=23),
    Wish("open mouth, looking right, white top, purple background", 1, seed=31),
    Wish("smiling, looking left, black top", 1, "film", "3:4", seed=53),
    Wish("smiling, front view, blue top, grey background", 1, style="watercolour", seed=41),
    Wish("smiling, looking right, yellow top", 1, "plain", "16:9", "beard", seed=61),
)


@dataclass(frozen=True)
class ClipWish:
    """A clip to ask for, of a picture that was made before."""

    prompt: str
    motion: str
    duration_s: int
    source_strength: float
    num_inference_steps: int


@dataclass(frozen=True)
class RemixWish:
    """A picture to ask for that begins with one that was made before."""

    prompt: str
    source_strength: float


CLIP = ClipWish("smiling, front view, green top, yellow background", "turn", 3, 0.9, 20)
CLIP_SEEDS = (11, 12, 13)
"""One after another until one passes its screening: a clip that ends as somebody else does not."""
REMIX = RemixWish("frowning, front view, blue top, yellow background", 0.7)
REMIX_SEEDS = (71, 72, 73)
"""As of clips."""

CONSENT = ("training", "general-images", "clips")


@dataclass(frozen=True)
class Picture:
    """One downloaded picture and what was asked for."""

    data: bytes
    caption: str


@dataclass(frozen=True)
class Clip:
    """The downloaded files of one clip, by how their names end, and what was asked for."""

    files: dict[str, bytes]
    caption: str
    duration_ms: int
    likeness: tuple[float, ...]


@dataclass(frozen=True)
class Remix:
    """A picture, and what was made from it."""

    source: Picture
    picture: Picture


@dataclass
class Story:
    """What came of one journey."""

    name: str
    photos: list[bytes]
    samples: list[Picture] = field(default_factory=list)
    images: list[Picture] = field(default_factory=list)
    clips: list[Clip] = field(default_factory=list)
    remixes: list[Remix] = field(default_factory=list)
    steps: list[tuple[str, float]] = field(default_factory=list)
    similarity: float | None = None
    balance: dict[str, int] = field(default_factory=dict)
