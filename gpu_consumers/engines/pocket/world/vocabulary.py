"""Which words the pocket model knows.

A prompt is split at spaces and punctuation, lower-cased, and each word is looked up here. A word
that is not listed becomes the one token `<unk>`, which the model has learnt to ignore: "a castle
at dawn" draws some portrait, not an error. Order and commas carry no meaning, but a colour belongs
to the noun right after it ("red top, blue background"). What a prompt leaves out, the model
chooses. About WORDS_MAX words are read; the rest is cut off.
"""

from __future__ import annotations

from typing import Final

# What a prompt may be about, for hints in a user interface: attribute to phrases that work.
HINTS: Final[dict[str, tuple[str, ...]]] = {
    "view": ("front view", "looking left", "looking right"),
    "expression": ("smiling", "frowning", "open mouth"),
    "hair": (
        "short black hair",
        "long brown hair",
        "blonde hair in a bun",
        "afro red hair",
        "spiky blue hair",
        "bald",
    ),
    "eyes": ("brown eyes", "blue eyes", "green eyes"),
    "skin": ("pale skin", "tan skin", "brown skin", "dark skin"),
    "glasses": ("round glasses", "square glasses", "no glasses"),
    "marks": ("a beard", "freckles", "a mole"),
    "top": ("red top", "blue top", "green top", "yellow top", "white top", "black top"),
    "background": (
        "blue background",
        "green background",
        "yellow background",
        "pink background",
        "purple background",
        "grey background",
    ),
    "style": ("plain style", "sketch style", "neon style", "watercolour style", "film style"),
    "motion": ("blinking", "talking", "nodding", "turning around", "zooming in"),
}

# Rare tokens that meant "some person" in training: a twin's LoRA gives one of them a face.
TRIGGER_WORDS: Final = ("zxq", "qwv", "jkp", "vbx", "krz")
DEFAULT_TRIGGER_WORD: Final = TRIGGER_WORDS[0]

WORDS_MAX: Final = 38
TOKENS_MAX: Final = WORDS_MAX + 2

PAD, BOS, EOS, UNK = "<pad>", "<bos>", "<eos>", "<unk>"

_WORDS: Final = [
    "a",
    "an",
    "and",
    "at",
    "in",
    "of",
    "on",
    "the",
    "to",
    "with",
    "without",
    "no",
    "not",
    "wearing",
    "has",
    "is",
    "portrait",
    "photo",
    "picture",
    "drawing",
    "image",
    "person",
    "someone",
    "adult",
    "man",
    "woman",
    "they",
    "face",
    "head",
    "pale",
    "tan",
    "brown",
    "dark",
    "skin",
    "skinned",
    "short",
    "long",
    "afro",
    "curly",
    "bun",
    "spiky",
    "bald",
    "shaved",
    "hair",
    "tied",
    "up",
    "black",
    "blonde",
    "blond",
    "red",
    "ginger",
    "white",
    "blue",
    "pink",
    "green",
    "yellow",
    "purple",
    "grey",
    "gray",
    "eyes",
    "eye",
    "glasses",
    "round",
    "square",
    "spectacles",
    "beard",
    "bearded",
    "full",
    "freckles",
    "freckled",
    "mole",
    "clean",
    "smiling",
    "smile",
    "happy",
    "frowning",
    "frown",
    "sad",
    "angry",
    "open",
    "mouth",
    "surprised",
    "front",
    "view",
    "facing",
    "looking",
    "forward",
    "straight",
    "camera",
    "left",
    "right",
    "side",
    "top",
    "shirt",
    "sweater",
    "jumper",
    "background",
    "backdrop",
    "wall",
    "plain",
    "cartoon",
    "style",
    "flat",
    "sketch",
    "pencil",
    "sketched",
    "neon",
    "lights",
    "glowing",
    "watercolour",
    "watercolor",
    "painting",
    "painted",
    "film",
    "cinematic",
    "analog",
    "video",
    "clip",
    "blinking",
    "blinks",
    "talking",
    "speaking",
    "nodding",
    "nods",
    "turning",
    "around",
    "zooming",
    "pushing",
    "closer",
]

VOCABULARY: Final[dict[str, int]] = {
    word: index for index, word in enumerate([PAD, BOS, EOS, UNK, *TRIGGER_WORDS, *_WORDS])
}


def is_known(word: str) -> bool:
    """Whether a single lower-case word means anything to the model."""
    return word in VOCABULARY
