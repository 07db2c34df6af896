"""What a batch is made of, from examples that tell by their value which they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gpu_consumers.training.encoded_photos import Batch, EncodedPhotos

pytestmark = pytest.mark.engine

PHOTO, PRIOR, REFRAMED = 1.0, 2.0, 3.0
NO_WORDS, PHOTO_WORDS, PRIOR_WORDS = 0, 1, 2


def encoded() -> EncodedPhotos:
    import torch

    from gpu_consumers.engines.prompt_encoding import Conditioning
    from gpu_consumers.training.encoded_photos import Bucket, EncodedPhotos

    def latents(count: int, value: float, width: int) -> torch.Tensor:
        return torch.full((count, 4, 2, width), value)

    region = torch.tensor([[True, True, True, False], [True, True, True, False]])
    words = torch.arange(3.0)[:, None, None]
    return EncodedPhotos(
        [
            Bucket(latents(6, PHOTO, 2), [[PHOTO_WORDS]] * 6, latents(5, PRIOR, 2), [2] * 5),
            Bucket(latents(3, REFRAMED, 4), [[PHOTO_WORDS]] * 3, latents(0, PRIOR, 4), [], region),
        ],
        Conditioning(words, None),
    )


def drawn(count: int, *, dropout: float) -> list[Batch]:
    import torch

    photos = encoded()
    return [
        photos.draw_batch(
            8,
            torch.Generator().manual_seed(seed),
            priors=2,
            caption_dropout=dropout,
        )
        for seed in range(count)
    ]


def test_a_batch_is_of_one_size_and_sizes_come_as_often_as_they_have_examples() -> None:
    batches = drawn(300, dropout=0.0)
    reframed = [batch for batch in batches if batch.region is not None]
    assert 60 < len(reframed) < 140
    assert all((batch.latents == REFRAMED).all() for batch in reframed)
    assert all(len(batch.latents) == 8 for batch in batches)


def test_a_share_of_a_batch_is_the_base_models_own_with_its_own_words() -> None:
    batches = [batch for batch in drawn(20, dropout=0.0) if batch.region is None]
    assert batches
    for batch in batches:
        kinds, words = batch.latents[:, 0, 0, 0].tolist(), batch.words.hidden[:, 0, 0].tolist()
        assert kinds == [PHOTO] * 6 + [PRIOR] * 2
        assert words == [PHOTO_WORDS] * 6 + [PRIOR_WORDS] * 2


def test_captions_are_dropped_as_often_as_asked() -> None:
    import torch

    words = torch.cat([batch.words.hidden[:, 0, 0] for batch in drawn(200, dropout=0.25)])
    assert 0.2 < float((words == NO_WORDS).float().mean()) < 0.3


def test_a_batch_that_is_all_class_pictures_shows_no_photo_and_says_no_name() -> None:
    import torch

    photos = encoded()
    for seed in range(20):
        batch = photos.draw_batch(
            1, torch.Generator().manual_seed(seed), priors=1, caption_dropout=0.0
        )
        # Sizes that have none are learnt from photos alone.
        expected = (REFRAMED, PHOTO_WORDS) if batch.region is not None else (PRIOR, PRIOR_WORDS)
        found = (float(batch.latents[0, 0, 0, 0]), float(batch.words.hidden[0, 0, 0]))
        assert found == expected


@pytest.mark.parametrize(
    ("batch_size", "due"),
    [
        (1, [0, 0, 0, 1, 0, 0, 0, 1]),
        (2, [0, 1, 0, 1, 0, 1, 0, 1]),
        (3, [0, 1, 1, 1, 0, 1, 1, 1]),
        (8, [2] * 8),
        (16, [4] * 8),
    ],
)
def test_a_small_batch_has_class_pictures_at_every_nth_step(
    batch_size: int, due: list[int]
) -> None:
    from gpu_consumers.training.class_prior import class_pictures_due

    found = [class_pictures_due(step, batch_size=batch_size, share=0.25) for step in range(8)]
    assert found == due
    assert class_pictures_due(10**6, batch_size=batch_size, share=0.0) == 0
