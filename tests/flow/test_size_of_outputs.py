"""A worker that sends another size than it was granted: nothing is released, nothing is charged."""

from uuid import UUID

from domain.job_state import JobState
from gpu_consumers.engines.pocket.world.frame import DRAWN_SCALE, FRAMES
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from tests.flow.test_clips import animate

UPRIGHT = FRAMES["3:4"].scaled(DRAWN_SCALE)


def nothing_is_charged(studio: LivingStudio, job: UUID, owner: UUID, spent: int) -> None:
    ended = studio.comes_to(job, owner, JobState.COMPLETED)
    assert (ended.released, len(ended.refused)) == ((), 1)
    assert studio.wallet(owner)[1:] == (0, spent)
    [asset] = ended.refused
    until(lambda: not list(studio.objects.keys(f"gallery/{asset}/")), "nothing of it is kept")


def test_a_picture_of_another_size_is_refused_and_free(studio: LivingStudio) -> None:
    owner = studio.creator()
    spent = studio.wallet(owner)[2]
    studio.painter.draws_instead = (UPRIGHT.width, UPRIGHT.height)
    nothing_is_charged(studio, studio.draw(None, owner), owner, spent)


def test_a_clip_of_another_size_is_refused_and_free(studio: LivingStudio) -> None:
    owner = studio.creator()
    spent = studio.wallet(owner)[2]
    studio.painter.draws_instead = (UPRIGHT.width, UPRIGHT.height)
    nothing_is_charged(studio, animate(studio, owner), owner, spent)
