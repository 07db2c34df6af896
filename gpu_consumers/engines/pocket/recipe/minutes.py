"""How long each stage trains, on two CPU cores and on one large GPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Minutes:
    """Wall clock of every stage whose length is a choice; the others take what they take."""

    reader: float
    restyler: float
    autoencoder: float
    text_encoder: float
    denoiser: float
    decoder: float
    large_decoder: float
    finder: float
    embedder: float
    motion: float


MINUTES: Final = {
    "cpu": Minutes(
        reader=6.0,
        restyler=4.0,
        autoencoder=16.0,
        text_encoder=1.2,
        denoiser=180.0,
        decoder=5.0,
        large_decoder=75.0,
        finder=4.0,
        embedder=5.0,
        motion=95.0,
    ),
    # Chosen so that all stages with their pictures, clips and gates stay below 30 minutes.
    "cuda": Minutes(
        reader=0.5,
        restyler=0.4,
        autoencoder=2.5,
        text_encoder=0.5,
        denoiser=9.0,
        decoder=0.8,
        large_decoder=3.0,
        finder=0.5,
        embedder=0.6,
        motion=5.0,
    ),
}
