"""Eight processes on a bucket: each with its own profile, a worker and then the server killed."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from domain.job_state import JobState
from tests.faults.installed_studio import InstalledStudio, installed_studio
from tests.faults.oracle import until
from tests.faults.stage import HOLD_PAINTER
from tests.parts.s3_server import S3ForTests, s3_server, write_profiles

PATIENCE_S = 180.0


@pytest.fixture(scope="module")
def own_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3ForTests]:
    """A server that these tests may kill."""
    with s3_server(tmp_path_factory.mktemp("own-s3")) as running:
        yield running


@pytest.fixture(scope="module")
def studio(own_s3: S3ForTests) -> Iterator[InstalledStudio]:
    """Everything as `suite up` starts it. Checked by the oracle at the end."""
    with TemporaryDirectory(prefix="suite-test-") as folder:
        bucket: dict[str, Any] = {
            "object_store": f"s3://{own_s3.new_bucket()}/suite",
            "s3_endpoint": own_s3.server.endpoint,
            "s3_credentials": write_profiles(Path(folder) / "credentials"),
        }
        with installed_studio(Path(folder) / "home", **bucket) as running:
            yield running
            running.oracle.rest()
            running.oracle.check()
        assert not (Path(folder) / "home" / "objects").exists()


def test_a_twin_is_trained_and_drawn(studio: InstalledStudio) -> None:
    ada = studio.creator()
    twin = studio.trained_twin(ada)
    done = studio.comes_to(studio.draw(twin, ada, pictures=2), ada, JobState.COMPLETED)
    assert len(done.released) == 2
    assert {key.split("/")[1] for key in studio.objects.keys("gallery/")} >= {
        str(asset) for asset in done.released
    }


def test_a_worker_and_then_the_server_are_killed_while_it_draws(
    studio: InstalledStudio, own_s3: S3ForTests
) -> None:
    grace = studio.creator()
    with studio.flag(HOLD_PAINTER):
        job = studio.draw(None, grace)
        studio.comes_to(job, grace, JobState.STARTED)
        studio.kill("worker")
        until(
            lambda: (
                studio.job(job, grace).attempt == 2
                and studio.job(job, grace).state is JobState.STARTED
            ),
            "another attempt has begun",
            patience_s=PATIENCE_S,
        )
        own_s3.server.kill()
    # Whatever it delivers meanwhile waits for the server.
    own_s3.server.start()
    until(lambda: studio.job(job, grace).ended, "the job ends", patience_s=PATIENCE_S)
    done = studio.job(job, grace)
    assert (done.state, len(done.released)) == (JobState.COMPLETED, 1)
