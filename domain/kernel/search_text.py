"""A prompt as a search reads it: small letters without marks, whichever way they were typed.

Rows and what is looked for in them are folded alike.
"""

import unicodedata


def folded(text: str) -> str:
    """`Café` in either Unicode form, `CAFE` and `cafe` are one word."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()
