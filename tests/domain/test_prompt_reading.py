"""What an engine makes of a prompt is said before anybody pays for it."""

import pytest

from domain.engines import ENGINES
from domain.prompt_reading import PromptRead, read_negative_prompt, read_prompt, require_read
from domain.refusals import PromptHasTooManyWords, PromptWeightOutOfRange, PromptWeightsUnsupported

POCKET = ENGINES["pocket"]


def read(prompt: str, *, style: str = "plain", names_twin: bool = False) -> PromptRead:
    return read_prompt(POCKET, prompt, style=style, names_twin=names_twin)


def test_words_count_whatever_stands_between_them() -> None:
    assert read("smiling, looking-left; GREEN top").words_used == 5
    assert read("  \n\t ").words_used == 0


def test_a_twin_and_a_style_take_room_as_well() -> None:
    assert read("smiling").words_used == 1
    assert read("smiling", style="film").words_used == 3
    assert read("smiling", style="film", names_twin=True).words_used == 7
    assert read_negative_prompt(POCKET, "smiling").words_used == 1


def test_a_style_that_the_person_names_is_not_said_twice() -> None:
    assert read("smiling, film style", style="film").words_used == 3


def test_words_that_say_nothing_are_named_once_and_in_order() -> None:
    unknown = read("a castle at dawn, a red castle in fog").unknown_words
    assert unknown == ("castle", "dawn", "fog")


def test_what_is_exactly_as_long_as_the_engine_reads_is_read() -> None:
    assert POCKET.reading is not None
    longest = " ".join(["smiling"] * (POCKET.reading.words_max - 2))
    require_read(read(longest, style="film"))


def test_a_word_too_many_is_refused_instead_of_cut_off() -> None:
    with pytest.raises(PromptHasTooManyWords) as refused:
        require_read(read(" ".join(["smiling"] * 37), style="film"))
    assert (refused.value.used, refused.value.allowed) == (39, 38)


@pytest.mark.parametrize(
    "weighted", ["(smiling:1.2)", "a (red top: 2) today", "(smiling:.5)x(a:1)"]
)
def test_words_that_somebody_weighs_are_named_and_refused(weighted: str) -> None:
    found = read(weighted)
    assert all(place.startswith("(") and place.endswith(")") for place in found.weighted)
    with pytest.raises(PromptWeightsUnsupported):
        require_read(found)


@pytest.mark.parametrize("plain", ["at 10:30 (smiling)", "(smiling)", "smiling: 2", "(a:b)"])
def test_brackets_and_colons_of_other_kinds_are_nothing_special(plain: str) -> None:
    require_read(read(plain))


def test_an_engine_whose_weights_are_not_here_does_not_say_how_it_reads() -> None:
    found = read_prompt(ENGINES["stable-diffusion-xl"], "a castle", style="neon", names_twin=True)
    assert found == PromptRead(None, None, (), (), weighs=True)
    require_read(found)


@pytest.mark.parametrize("engine", ["stable-diffusion-1.5", "stable-diffusion-xl"])
def test_weights_that_an_engine_honours_are_named_once_and_let_pass(engine: str) -> None:
    prompt = "a (red castle:1.3) in (fog: 0.5), a (red castle:1.3), (sea:2) (sky:0.1)"
    found = read_prompt(ENGINES[engine], prompt, style="plain", names_twin=False)
    assert found.honoured == ("(red castle:1.3)", "(fog: 0.5)", "(sea:2)", "(sky:0.1)")
    assert found.weighted == ()
    require_read(found)


@pytest.mark.parametrize("weight", ["0", "0.05", "2.1", "19", "1000"])
def test_a_weight_beyond_what_pictures_bear_is_refused_with_what_they_bear(weight: str) -> None:
    prompt = f"a (red:1.2) castle in (fog:{weight})"
    found = read_prompt(ENGINES["stable-diffusion-xl"], prompt, style="plain", names_twin=False)
    assert (found.honoured, found.weighted) == (("(red:1.2)",), (f"(fog:{weight})",))
    with pytest.raises(PromptWeightOutOfRange) as refused:
        require_read(found)
    assert (refused.value.minimum, refused.value.maximum) == (0.1, 2.0)
