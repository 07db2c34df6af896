"""How classifier-free guidance leads a prediction away from the unguided one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import torch

# The unguided prediction, the one with the words, and the scale; all of one shape but the scale.
Lead: TypeAlias = "Callable[[torch.Tensor, torch.Tensor, float | torch.Tensor], torch.Tensor]"


class Pass(Enum):
    """Which rows one call of the network sees. Guidance asks twice of every row.

    A batch that is no longer than its rows is guided, unless it is `UNGUIDED`.
    """

    UNGUIDED_FIRST = "all rows without their words, then all with them"
    GUIDED_FIRST = "all rows with their words, then all without them"
    UNGUIDED = "all rows without their words"


@dataclass(frozen=True)
class Guidance:
    """`free_at` is the scale up to which there is none. `lead` computes what is followed."""

    free_at: float
    lead: Lead

    def scale(self, asked: float) -> float:
        """What a row has that asks for less than none: none."""
        return max(self.free_at, asked)


def _away_from_unguided(
    without: torch.Tensor, within: torch.Tensor, scale: float | torch.Tensor
) -> torch.Tensor:
    return without + scale * (within - without)


def _beyond_guided(
    without: torch.Tensor, within: torch.Tensor, scale: float | torch.Tensor
) -> torch.Tensor:
    return within + scale * (within - without)


# Both say the same but for the scale, which differs by one, and for the last bits.
FROM_UNGUIDED: Final = Guidance(1.0, _away_from_unguided)
FROM_GUIDED: Final = Guidance(0.0, _beyond_guided)
