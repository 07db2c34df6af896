"""How clips are made on the pocket model; training and drawing must agree on all of it."""

from __future__ import annotations

from typing import Final

ADAPTER_FOLDER: Final = "motion_adapter"
FRAMES_PER_S: Final = 8
# As many positions as the adapter has: five seconds.
FRAMES_MAX: Final = 40
# Of the noise's variance. All of it would leave the frames nothing to differ by at the start.
SHARED_NOISE_SHARE: Final = 0.95
# A clip that begins with a picture skips the first tenth of the steps.
IMAGE_STRENGTH: Final = 0.9
