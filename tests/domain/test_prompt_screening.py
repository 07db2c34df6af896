"""Free text is screened, and what cannot be read does not pass."""

import contextlib
import time

import pytest

from domain.prompt_screening import screen_negative_prompt, screen_prompt
from domain.rating import Rating
from domain.refusals import PromptNotAllowed


@pytest.mark.parametrize(
    "prompt",
    [
        "a lighthouse in fog",
        "a woman with round glasses, smiling, blue background",
        "a man of 45 years in a red top",
        "18 years old, adult",
        "a café in neon style, 2 cups on a table",
        "portrait, 3/4 view, age 70",
    ],
)
def test_a_harmless_prompt_passes(prompt: str) -> None:
    screen_prompt(prompt, Rating.GENERAL)
    screen_prompt(prompt, Rating.SUGGESTIVE)


@pytest.mark.parametrize(
    "prompt",
    [
        "a child in fog",
        "A CHILD in fog",
        "a chıld in fog",
        "a ch\u200bild in fog",
        "a k1d in fog",
        "a c h i l d in fog",
        "a c-h-i-l-d in fog",
        "ｃｈｉｌｄ in fog",
        "a teenager",
        "16 years old",
        "a 16-year-old",
        "16yo",
        "aged 9",
        "sixteen years old",
        "age: 12",
        "１６ years old",
    ],
)
def test_a_prompt_that_speaks_of_a_minor_is_refused(prompt: str) -> None:
    for rating in Rating:
        with pytest.raises(PromptNotAllowed):
            screen_prompt(prompt, rating)


@pytest.mark.parametrize("prompt", ["дом в тумане", "霧の中の灯台", "١٦ years", "a hоuse in fog"])
def test_letters_the_screening_cannot_read_are_refused(prompt: str) -> None:
    with pytest.raises(PromptNotAllowed):
        screen_prompt(prompt, Rating.GENERAL)


def test_a_general_prompt_asks_for_nothing_stronger() -> None:
    with pytest.raises(PromptNotAllowed):
        screen_prompt("undressed", Rating.GENERAL)
    screen_prompt("undressed", Rating.SUGGESTIVE)


def test_adult_takes_no_free_text_at_all() -> None:
    with pytest.raises(PromptNotAllowed):
        screen_prompt("a lighthouse in fog", Rating.ADULT)


@pytest.mark.parametrize("prompt", ["glasses", "child, nsfw, blurry", "fog, hat"])
def test_a_negative_prompt_may_push_away_from_what_is_unwanted(prompt: str) -> None:
    screen_negative_prompt(prompt)


@pytest.mark.parametrize(
    "prompt", ["adult", "grown-up", "old", "a d u l t", "40 years", "взрослый"]
)
def test_a_negative_prompt_must_not_push_away_from_adults(prompt: str) -> None:
    with pytest.raises(PromptNotAllowed):
        screen_negative_prompt(prompt)


def test_a_refusal_repeats_nothing_of_the_prompt() -> None:
    with pytest.raises(PromptNotAllowed) as refusal:
        screen_prompt("a child near a lighthouse", Rating.GENERAL)
    assert "child" not in str(refusal.value)
    assert "lighthouse" not in str(refusal.value)
    assert refusal.value.details == ()


@pytest.mark.parametrize(
    "hostile", ["a " * 100_000, "a" * 200_000, "1" * 200_000, "\u200b" * 200_000]
)
def test_a_hostile_prompt_costs_no_more_than_a_long_one(hostile: str) -> None:
    before = time.process_time()
    with contextlib.suppress(PromptNotAllowed):
        screen_prompt(hostile, Rating.GENERAL)
    assert time.process_time() - before < 2.0


@pytest.mark.parametrize("letter", ["\x00", "\x07", "\x1b", "\x9f", "\ud800"])
def test_a_prompt_that_no_table_could_hold_is_refused(letter: str) -> None:
    with pytest.raises(PromptNotAllowed):
        screen_prompt(f"a lighthouse{letter} in fog", Rating.GENERAL)
    with pytest.raises(PromptNotAllowed):
        screen_negative_prompt(f"rain{letter}")


def test_a_prompt_may_have_several_lines() -> None:
    screen_prompt("a lighthouse\r\n\tin fog", Rating.GENERAL)


@pytest.mark.parametrize(
    "prompt",
    [
        "a chi(ld:1.2) at sea",
        "a (ch:1.1)ild at sea",
        "somebody, (17:1.99) years old",
        "somebody, age (17:1.99)",
        "somebody, (seven:1.5)(teen:1.5) years old",
        "a (c:1.5)(h:1.5)(i:1.5)(l:1.5)(d:1.5)",
        "na(ked:0.5)",
    ],
)
def test_weights_hide_no_word_and_no_age(prompt: str) -> None:
    with pytest.raises(PromptNotAllowed):
        screen_prompt(prompt, Rating.GENERAL)


@pytest.mark.parametrize("negative", ["(adult:1.5)", "ad(ult:1.5)", "(grown:1.1)(up:1.1)"])
def test_weights_hide_nothing_in_a_negative_prompt(negative: str) -> None:
    with pytest.raises(PromptNotAllowed):
        screen_negative_prompt(negative)


@pytest.mark.parametrize("prompt", ["a (red castle:1.3) in (fog:0.5)", "(grown up:1.2), at sea"])
def test_weights_alone_are_nothing_to_refuse(prompt: str) -> None:
    screen_prompt(prompt, Rating.GENERAL)
