"""What the catalogue says of an engine's reading is what the engine does."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from domain.engines import ENGINES
from domain.prompt_reading import read_prompt
from domain.prompt_weights import weighted_words, without_weights
from gpu_consumers.engines.pocket.loading import WEIGHTS_DIR
from gpu_consumers.engines.pocket.world.vocabulary import TOKENS_MAX, UNK
from gpu_consumers.engines.prompt_chunks import CHUNKS_MAX, weighted_parts
from gpu_consumers.engines.registry import LOADERS

POCKET, LOADER = ENGINES["pocket"], LOADERS["pocket"]
TOKENIZER = Tokenizer.from_file(str(WEIGHTS_DIR / "tokenizer" / "tokenizer.json"))
BEGIN_AND_END = 2
CLIP_PLACES = 77
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


@given(PROMPTS | st.text(alphabet="ab(): .0129", max_size=40))
@example("(a:1.2)(b: 2)")
@example("((a:1.2):1.3)")
@example("(a:12345)")
@example("(:1)")
def test_what_counts_as_a_weight_is_the_same_on_both_sides(prompt: str) -> None:
    places = weighted_words(prompt)
    parts = list(weighted_parts(prompt))
    assert without_weights(prompt, between="") == "".join(text for text, _ in parts)
    found = [(place.words, place.weight) for place in places if place.weight != 1.0]
    assert found == [part for part in parts if part[1] != 1.0]


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_an_engine_weighs_words_where_its_entry_says_so(engine: str) -> None:
    assert ENGINES[engine].weighs_words == LOADERS[engine].weighs_words


@pytest.mark.parametrize("engine", ["stable-diffusion-1.5", "stable-diffusion-xl"])
def test_every_prompt_that_may_be_asked_for_is_read_to_its_end(engine: str) -> None:
    entry, loader = ENGINES[engine], LOADERS[engine]
    put = max(len(loader.prompt_for("", style, names_twin=True)) for style in entry.styles)
    # CLIP's tokens are pieces of bytes, and no letter has more than four.
    tokens_max = put + 4 * entry.prompt_length_max
    assert tokens_max <= CHUNKS_MAX * (CLIP_PLACES - BEGIN_AND_END)
