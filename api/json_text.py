"""What a JSON text may be before Python reads it: a body of a request, or a frame of a socket.

Python's reader recurses into what is nested, raises what nobody expects at a number of 5,000 digits
and keeps halves of surrogate pairs that no answer can be encoded with. So nesting is counted on
the text, digits while they are read, and characters by whoever knows what the text is for.
"""

import json
import re
from math import isfinite
from typing import Any

JSON_NESTING_MAX = 32
"""Open braces and brackets at once: our deepest input has six, an extension a few more."""

DIGITS_MAX = 40
"""Of one number. The largest that the contract knows has 19."""

# Possessive, and an unterminated text takes all the rest: one pass, whatever the text is.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{\[]|[}\]]', re.DOTALL)


class NotJson(Exception):
    """The text is no JSON in UTF-8."""


class BeyondLimit(Exception):
    """A text exceeds a limit; `limit` is its name, as an answer's `extensions.limit` has it."""

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(message)
        self.limit = limit
        self.message = message


def read_json(text: str | bytes) -> Any:
    """The value of a JSON text. Linear in its length. Raises `NotJson` and `BeyondLimit`.

    Texts inside it may still hold what cannot be stored: see `api.limits.is_storable`.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError:
            raise NotJson() from None
    _check_nesting(text)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError:
        raise NotJson() from None


def _check_nesting(text: str) -> None:
    if text.count("{") + text.count("[") <= JSON_NESTING_MAX:
        return
    depth = 0
    for found in _TOKENS.finditer(text):
        match found[0]:
            case "{" | "[":
                depth += 1
                if depth > JSON_NESTING_MAX:
                    raise BeyondLimit("nesting", "Too many levels of nesting.")
            case "}" | "]":
                depth -= 1


def _whole(digits: str) -> int:
    return int(_bounded(digits))


def _fraction(digits: str) -> float:
    number = float(_bounded(digits))
    if not isfinite(number):
        raise BeyondLimit("digits", "A number is too large.")
    return number


def _bounded(digits: str) -> str:
    if len(digits) > DIGITS_MAX:
        raise BeyondLimit("digits", "A number has too many digits.")
    return digits


def _no_constant(name: str) -> Any:
    # NaN and Infinity, which Python writes and JSON does not know.
    raise NotJson()


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=_no_constant)
