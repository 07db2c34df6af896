"""What an engine makes of a prompt: how much of it fits, and which words mean nothing to it."""

import re
from collections.abc import Iterable

import msgspec

from domain.engines.entry import EngineEntry, PromptReading
from domain.prompt_weights import WEIGHT_MAX, WEIGHT_MIN, weighted_words
from domain.refusals import (
    PromptHasTooManyWords,
    PromptWeightOutOfRange,
    PromptWeightsUnsupported,
)

_NOT_IN_A_WORD = re.compile(r"[^a-z0-9 ]")


class PromptRead(msgspec.Struct, frozen=True):
    """A prompt as the engine sees it, with what is put to it for twin and style.

    `words_used` and `words_allowed` are None where only the weights know. `unknown_words` are those
    that say nothing to the engine, each once and in order. `honoured` are the places where a word
    is weighed as the engine does it; `weighted` are those that it cannot do: by too much or too
    little, or at all, where it is none that `weighs` words. `is_read` is false where the engine
    reads no words, and a prompt is refused.
    """

    words_used: int | None
    words_allowed: int | None
    unknown_words: tuple[str, ...]
    weighted: tuple[str, ...]
    honoured: tuple[str, ...] = ()
    weighs: bool = False
    is_read: bool = True


def read_prompt(
    entry: EngineEntry, prompt: str, *, style: str, names_twin: bool, motion: str = ""
) -> PromptRead:
    """How the engine reads a prompt in a style, with or without a twin's name and a motion."""
    if not entry.reads_words:
        return PromptRead(None, None, (), (), is_read=False)
    places = weighted_words(prompt)
    can = [place.written for place in places if entry.weighs_words and place.is_in_range]
    honoured = tuple(dict.fromkeys(can))
    cannot = [place.written for place in places if place.written not in honoured]
    weighted = tuple(dict.fromkeys(cannot))
    reading = entry.reading
    if reading is None:
        return PromptRead(None, None, (), weighted, honoured, entry.weighs_words)
    own = words_of(prompt)
    chosen = (reading.style_phrases.get(style, ""), reading.motion_phrases.get(motion, ""))
    added = words_of(" ".join(_phrases(reading, prompt, chosen=chosen, names_twin=names_twin)))
    unknown = tuple(dict.fromkeys(word for word in own if word not in reading.vocabulary))
    used = len(own) + len(added)
    return PromptRead(used, reading.words_max, unknown, weighted, honoured, entry.weighs_words)


def read_negative_prompt(entry: EngineEntry, negative_prompt: str) -> PromptRead:
    """As `read_prompt`: nothing is put to it."""
    return read_prompt(entry, negative_prompt, style="", names_twin=False)


def require_read(read: PromptRead) -> None:
    """Whether all that was written is read, so that nobody pays for words that fall off.

    Raises `PromptHasTooManyWords`, `PromptWeightsUnsupported`, `PromptWeightOutOfRange`.
    """
    used, allowed = read.words_used, read.words_allowed
    if used is not None and allowed is not None and used > allowed:
        raise PromptHasTooManyWords(used, allowed)
    if read.weighted and read.weighs:
        raise PromptWeightOutOfRange(WEIGHT_MIN, WEIGHT_MAX)
    if read.weighted:
        raise PromptWeightsUnsupported()


def words_of(text: str) -> list[str]:
    """Letters and digits, small, split where anything else stands."""
    return _NOT_IN_A_WORD.sub(" ", text.lower()).split()


def _phrases(
    reading: PromptReading, prompt: str, *, chosen: Iterable[str], names_twin: bool
) -> list[str]:
    # An engine does not say twice what the person has said.
    unsaid = [phrase for phrase in chosen if phrase not in prompt]
    return [reading.twin_phrase, *unsaid] if names_twin else unsaid
