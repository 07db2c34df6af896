"""What captions of photographs may say besides the name, one phrase of each row."""

from __future__ import annotations

from typing import Final

# View first: it decides where everything is, and is never left out of a caption.
PHOTOGRAPH_SCENES: Final = (
    ("looking at the camera", "looking to the left", "looking to the right", "seen from the side"),
    ("plain background", "indoors", "in a street", "in nature"),
    ("smiling", "serious", "laughing"),
    ("soft light", "bright sunlight", "dim light"),
)
# The chance of any other phrase to be left out: a twin is asked for in fewer words than it learns.
PHRASE_DROPOUT: Final = 0.25
