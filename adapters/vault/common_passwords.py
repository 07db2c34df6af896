"""The common passwords of zxcvbn, and the variants that people make of them.

The library's own estimate is not asked: a hostile text of 64 characters keeps it for 1.8 s.
"""

from functools import cache

PADDING_MAX = 8
"""Characters around a common word: one that more is added to is somebody's own."""

DIFFERENT_MIN = 5
"""A password of fewer different characters is a pattern."""

_ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
)
_LOOK_ALIKES = str.maketrans("@4301!$57", "aaeoiisst")
_PADDING = "0123456789 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


class ZxcvbnPasswords:
    """The `CommonPasswords` of commands. The list is read at the first question."""

    def holds(self, password: str) -> bool:
        """Whether a list or a pattern holds it. Linear in its length."""
        said = "".join(password.casefold().split())
        return _is_pattern(said) or any(_is_listed(form) for form in _forms(said))


def _forms(said: str) -> set[str]:
    """The text, once without what was added around it, each as letters that its signs look like."""
    forms = {said}
    core = said.strip(_PADDING)
    before, _, after = said.partition(core) if core else (said, "", "")
    if len(before + after) <= PADDING_MAX or _is_pattern(before + after):
        forms.add(core)
    forms |= {form.translate(_LOOK_ALIKES) for form in forms}
    return forms | {_unit(form) for form in forms}


def _is_listed(form: str) -> bool:
    return form in _listed()


def _is_pattern(said: str) -> bool:
    rows = (row + row for line in _ROWS for row in (line, line[::-1]))
    return len(set(said)) < DIFFERENT_MIN or any(said in row for row in rows)


def _unit(said: str) -> str:
    """What a text is repetitions of; the text itself where it repeats nothing."""
    return said[: (said + said).find(said, 1)] if said else said


@cache
def _listed() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])
