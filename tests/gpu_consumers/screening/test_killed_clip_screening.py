"""A screener that is killed over a clip leaves nothing that the next one could stumble over."""

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.provenance.file_signer import FileSigner
from gpu_consumers.screening.credentials import Credentials, Generation
from gpu_consumers.screening.lists import FaceList, HashList, issue_list
from tests.gpu_consumers.screening.clip_work import KEYS, MEDIA_TYPES
from tests.gpu_consumers.screening.output_desk import ASSET, HOUR_S, NOW_S, is_releasable
from tests.gpu_consumers.screening.stopped_screener import MOMENTS, opened, screened, uploaded
from topics.messages.work import RenditionRole


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    uploaded(tmp_path)
    issue_list(tmp_path / "known-pictures.json", HashList("sandbox", NOW_S - HOUR_S, ()))
    issue_list(tmp_path / "listed-people.json", FaceList("sandbox", NOW_S - HOUR_S, "stub-1", ()))
    return tmp_path


def kill_at(moment: str, folder: Path) -> None:
    """A screener that comes as far as `moment`, and no further."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.gpu_consumers.screening.stopped_screener", folder, moment],
        stdout=subprocess.PIPE,
        text=True,
        env={"TMPDIR": str(folder / "temporary"), "PYTHONPATH": "."},
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    with process.stdout as told:
        assert told.readline() == "here\n"
        process.kill()
        process.wait()


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_screening_after_a_kill_ends_as_if_it_had_been_the_first(
    folder: Path, moment: str
) -> None:
    (folder / "temporary").mkdir()
    kill_at(moment, folder)
    # Films are written in memory: no file of theirs lies about.
    assert list((folder / "temporary").iterdir()) == []
    objects, signer = opened(folder), FileSigner(folder / "keys")
    before = {
        role: facts.sha256_hex
        for role, key in KEYS.items()
        if (facts := objects.head(key)) is not None
    }
    assert len(before) == (2 if moment in ("before a file", "half a file") else 0)
    report = screened(folder, objects, signer)
    assert is_releasable(report)
    (output,) = report.outputs
    after = {rendition.role: rendition.sha256 for rendition in output.renditions or ()}
    assert set(after) == set(RenditionRole)
    # What was whole when the first was killed stays: its digest may have been told.
    assert before.items() <= after.items()
    credentials = Credentials(signer)
    for role in (RenditionRole.MASTER, RenditionRole.PREVIEW, RenditionRole.GIF):
        credentials.verify(objects.get(KEYS[role]), Generation(ASSET), media_type=MEDIA_TYPES[role])
    assert sorted(objects.keys("gallery/")) == sorted(KEYS.values())
    assert screened(folder, objects, signer) == report
