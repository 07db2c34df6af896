"""What the catalogue says of an engine's reading is what the engine does."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from domain.engines import ENGINES
from domain.prompt_reading import read_prompt
from gpu_consumers.engines.pocket.loading import WEIGHTS_DIR
from gpu_consumers.engines.pocket.world.vocabulary import TOKENS_MAX, UNK
from gpu_consumers.engines.registry import LOADERS

POCKET, LOADER = ENGINES["pocket"], LOADERS["pocket"]
TOKENIZER = Tokenizer.from_file(str(WEIGHTS_DIR / "tokenizer" / "tokenizer.json"))
BEGIN_AND_END = 2
WORDS = st.sampled_from([*sorted(POCKET.reading.vocabulary if POCKET.reading else ()), "castle"])
PROMPTS = st.lists(WORDS | st.text(max_size=8), max_size=60).map(" ".join)


@given(PROMPTS)
@example("SMILING,looking-left")
@example("caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{KELVIN SIGN}")
def test_as_many_words_are_counted_as_the_tokenizer_makes(prompt: str) -> None:
    if any(mark in prompt for mark in ("<pad>", "<bos>", "<eos>", UNK)):
        return
    tokens = TOKENIZER.encode(prompt).tokens[1:-1]
    read = read_prompt(POCKET, prompt, style="plain", names_twin=False)
    assert read.words_used == len(tokens)
    assert bool(read.unknown_words) is (UNK in tokens)


def test_as_many_words_are_read_as_the_text_encoder_has_places_for() -> None:
    assert POCKET.reading is not None
    assert POCKET.reading.words_max == TOKENS_MAX - BEGIN_AND_END


def test_what_is_put_to_a_prompt_is_what_the_engine_puts_to_it() -> None:
    assert POCKET.reading is not None
    assert POCKET.reading.style_phrases == LOADER.style_words
    assert POCKET.reading.motion_phrases == LOADER.motion_words
    twin = LOADER.twin
    assert POCKET.reading.twin_phrase == twin.twin_caption.format(trigger=twin.trigger_word)
    for style in POCKET.styles:
        for names_twin in (False, True):
            put = LOADER.prompt_for("smiling", style, names_twin=names_twin)
            read = read_prompt(POCKET, "smiling", style=style, names_twin=names_twin)
            assert read.words_used == len(TOKENIZER.encode(put).tokens) - BEGIN_AND_END


@pytest.mark.parametrize("motion", POCKET.clips.motions if POCKET.clips else ())
def test_a_motion_takes_the_room_in_a_prompt_that_the_engine_gives_it(motion: str) -> None:
    put = LOADER.prompt_for("smiling", "film", names_twin=True, motion=motion)
    read = read_prompt(POCKET, "smiling", style="film", names_twin=True, motion=motion)
    assert read.words_used == len(TOKENIZER.encode(put).tokens) - BEGIN_AND_END
