"""What may be said in a prompt. Screening fails closed: what it cannot read, it does not let pass.

Every step walks over the text once, so a hostile prompt costs no more than a long one. It knows
English words in Latin script, and refuses letters of any other. It cannot know that a name belongs
to a third person: that no picture shows one is decided on the picture, by the identity check of the
release. Synonyms that are not listed here meet the same checks on the picture.
"""

import unicodedata
from collections.abc import Iterator

from domain.kernel.personal_text import is_plain
from domain.prompt_weights import without_weights
from domain.rating import Rating
from domain.refusals import PromptNotAllowed

ADULT_AGE_YEARS = 18

_MINORS = frozenset(
    [
        "adolescent",
        "adolescents",
        "babies",
        "baby",
        "boy",
        "boys",
        "child",
        "childhood",
        "childish",
        "childlike",
        "children",
        "girl",
        "girls",
        "infant",
        "infants",
        "juvenile",
        "juveniles",
        "kid",
        "kids",
        "kiddo",
        "minor",
        "minors",
        "newborn",
        "preteen",
        "preteens",
        "pubescent",
        "schoolboy",
        "schoolboys",
        "schoolchild",
        "schoolchildren",
        "schoolgirl",
        "schoolgirls",
        "teen",
        "teenage",
        "teenaged",
        "teenager",
        "teenagers",
        "teens",
        "toddler",
        "toddlers",
        "tween",
        "tweens",
        "underage",
        "underaged",
        "youngster",
        "youngsters",
        "youth",
        "youths",
    ]
)
"""Words for people who are not adults."""

_NOT_GENERAL = frozenset(
    [
        "erotic",
        "explicit",
        "lewd",
        "naked",
        "nsfw",
        "nude",
        "nudes",
        "nudity",
        "porn",
        "sexual",
        "sexy",
        "topless",
        "undressed",
    ]
)
"""Words that ask for more than GENERAL."""

_NOT_SUGGESTIVE = frozenset(["explicit", "nsfw", "porn"])
"""Words that ask for more than SUGGESTIVE."""

_ADULTHOOD = frozenset(
    ["adult", "adults", "aged", "elder", "elderly", "grown", "grownup", "mature", "old", "older"]
)
"""Words that a negative prompt would turn into their opposite."""

_AGE_BEFORE = frozenset(["age", "aged", "ages"])
_AGE_AFTER = frozenset(["year", "years", "yr", "yrs", "yo", "y", "birthday"])
_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
        ]
    )
}

_LOOKALIKE_LETTERS = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "@": "a"})


def screen_prompt(prompt: str, rating: Rating) -> None:
    """Let a prompt pass for this rating, or raise `PromptNotAllowed`. Length is checked elsewhere.

    ADULT takes no free text at all: its scenes are a closed vocabulary.
    """
    if rating is Rating.ADULT:
        raise PromptNotAllowed()
    for reading in _readings(prompt):
        _screen(reading, rating)


def _screen(prompt: str, rating: Rating) -> None:
    words = _words(prompt)
    forbidden = _MINORS | (_NOT_GENERAL if rating is Rating.GENERAL else _NOT_SUGGESTIVE)
    if any(word in forbidden for word in [*words, *map(_read, words)]):
        raise PromptNotAllowed()
    if any(word in letters for letters in _spelled_out(words) for word in forbidden):
        raise PromptNotAllowed()
    if _names_an_age_below(words, ADULT_AGE_YEARS):
        raise PromptNotAllowed()


def screen_negative_prompt(negative_prompt: str) -> None:
    """Let a negative prompt pass, or raise `PromptNotAllowed`.

    It pushes pictures away from its words: words for minors do no harm in it, and words for adults
    and for ages do.
    """
    try:
        for reading in _readings(negative_prompt):
            _screen_negative(reading)
    except PromptNotAllowed as refused:
        raise refused.at("negative_prompt") from None


def _screen_negative(negative_prompt: str) -> None:
    words = _words(negative_prompt)
    if any(word in _ADULTHOOD for word in [*words, *_spelled_out(words)]):
        raise PromptNotAllowed()
    if any(word in _AGE_BEFORE or word in _AGE_AFTER for word in words):
        raise PromptNotAllowed()


def _readings(prompt: str) -> tuple[str, ...]:
    """A prompt as it is written, and as an engine reads it that weighs words: without the weights,
    which would stand between a number and its years, and in the middle of a word.
    """
    return (prompt, without_weights(prompt, between=""), without_weights(prompt, between=" "))


def _words(text: str) -> list[str]:
    """The words in lower case and without accents, digits apart from letters."""
    if not is_plain(text):
        raise PromptNotAllowed()
    folded = unicodedata.normalize("NFKD", text).casefold()
    kept = (letter for letter in folded if unicodedata.category(letter) not in ("Mn", "Cf"))
    return list(_split("".join(kept)))


def _split(folded: str) -> Iterator[str]:
    word: list[str] = []
    for letter in folded:
        if letter.isalnum() and not letter.isascii():
            raise PromptNotAllowed()
        if letter.isalnum() or letter == "@":
            word.append(letter)
        elif word:
            yield "".join(word)
            word = []
    if word:
        yield "".join(word)


def _read(word: str) -> str:
    """A word as it reads with digits in the place of letters."""
    return word.translate(_LOOKALIKE_LETTERS)


def _spelled_out(words: list[str]) -> Iterator[str]:
    """Words that were written letter by letter, with spaces or signs between."""
    letters: list[str] = []
    for word in [*words, "  "]:
        if len(word) == 1:
            letters.append(word)
        elif letters:
            yield _read("".join(letters))
            letters = []


def _names_an_age_below(words: list[str], age_years: int) -> bool:
    for word, before, after in zip(words, ["", *words], [*words[1:], ""], strict=False):
        digits = word.rstrip("abcdefghijklmnopqrstuvwxyz")
        suffix = word[len(digits) :]
        number = _number(digits or word)
        if number is None or number >= age_years:
            continue
        if before in _AGE_BEFORE or after in _AGE_AFTER or suffix in _AGE_AFTER:
            return True
    return False


def _number(word: str) -> int | None:
    if word.isascii() and word.isdigit():
        # Two digits say every age; int() of a thousand of them would not be linear.
        return int(word) if len(word) <= 3 else 1_000
    return _NUMBER_WORDS.get(word)
