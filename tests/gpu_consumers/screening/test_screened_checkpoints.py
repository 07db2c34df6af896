"""An earlier checkpoint of a training is written where it may be chosen only if it is sound."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec import UNSET
from safetensors.numpy import save

from adapters.provenance.file_signer import FileSigner
from tests.gpu_consumers.screening.ada import png
from tests.gpu_consumers.screening.output_desk import Screening, Signer, work_for
from tests.gpu_consumers.screening.test_adapter_checks import tensors
from topics.messages.work import CheckpointToCheck

PICTURE = png(np.full((64, 64, 3), 128, np.uint8))
SOUND, UNSOUND, ABSENT = 48, 96, 144
CHECKPOINTS = tuple(
    CheckpointToCheck(step, f"quarantine/{step}", f"adapters/{step}")
    for step in (SOUND, UNSOUND, ABSENT)
)


@pytest.fixture
def screening(tmp_path: Path) -> Screening:
    made = Screening(tmp_path, Signer(FileSigner(tmp_path / "keys")))
    made.objects.uploaded(f"quarantine/{SOUND}", save(tensors(4)))
    made.objects.uploaded(f"quarantine/{UNSOUND}", save(tensors(8)))
    return made


def test_each_checkpoint_is_checked_as_the_adapter_is(screening: Screening) -> None:
    work = msgspec.structs.replace(work_for(PICTURE), adapter_rank=4, checkpoints=CHECKPOINTS)
    screened = screening.screen(PICTURE, work)
    assert screened.checkpoints is not UNSET
    passed = {
        one.step: all(check.passed is True for check in one.checks) for one in screened.checkpoints
    }
    assert passed == {SOUND: True, UNSOUND: False, ABSENT: False}
    assert screening.objects.head(f"adapters/{SOUND}") is not None
    assert screening.objects.head(f"adapters/{UNSOUND}") is None
    assert screening.objects.head(f"adapters/{ABSENT}") is None


def test_where_none_are_granted_nothing_is_said_of_any(screening: Screening) -> None:
    assert screening.screen(PICTURE).checkpoints is UNSET
