"""How clips are made on the pocket model, in training and in drawing."""

from __future__ import annotations

from typing import Final

ADAPTER_FOLDER: Final = "motion_adapter"
FRAMES_PER_S: Final = 8
# As many positions as the adapter has: five seconds.
FRAMES_MAX: Final = 40
# Of the noise's variance, what all frames of a training clip have in common.
TRAINED_SHARED_NOISE_SHARE: Final = 0.95
# In drawing more of it is: what frames do not share flickers. In the same ten clips flicker is 13.6
# levels of 255 at 0.95 and 6.6 at 0.985, and the motion asked for is read in .6 and .8 of them.
# At 1 they hardly move.
SHARED_NOISE_SHARE: Final = 0.985
# A clip that begins with a picture skips the first tenth of the steps.
IMAGE_STRENGTH: Final = 0.9
