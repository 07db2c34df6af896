"""How clips are made on the pocket model, in training and in drawing."""

from __future__ import annotations

from typing import Final

ADAPTER_FOLDER: Final = "motion_adapter"
FRAMES_PER_S: Final = 8
# As many positions as the adapter has: five seconds.
FRAMES_MAX: Final = 40
# Of the noise's variance, what all frames of a training clip have in common.
TRAINED_SHARED_NOISE_SHARE: Final = 0.95
# In drawing more of it is: what the frames do not share flickers. At 0.95 flicker is 10.4 levels
# and the motion asked for is read in .6 of ten clips, at 0.985 5.1 and .8; at 1 they hardly move.
SHARED_NOISE_SHARE: Final = 0.985
# A clip that begins with a picture skips the first tenth of the steps.
IMAGE_STRENGTH: Final = 0.9
