"""The oracle that ends every flow and fault test notices what it is there to notice."""

from uuid import uuid4

import psycopg
import pytest

from domain.job_state import JobState
from tests.flow.living_studio import LivingStudio


def test_a_damaged_read_model_an_orphaned_object_and_an_open_job_are_noticed(
    embedded_studio: LivingStudio,
) -> None:
    studio = embedded_studio
    owner = studio.creator()
    studio.comes_to(studio.draw(None, owner), owner, JobState.COMPLETED)
    studio.oracle.rest()
    studio.oracle.check()

    with psycopg.connect(studio.admin_url, autocommit=True) as admin:
        admin.execute("UPDATE views.balances SET available = available + 1")
        with pytest.raises(AssertionError, match="balances"):
            studio.oracle.check()
        admin.execute("UPDATE views.balances SET available = available - 1")

        admin.execute("UPDATE events.stored_events SET link = digest WHERE notification_id = 9")
        with pytest.raises(AssertionError, match="Finding"):
            studio.oracle.check()

    studio.objects.put(f"quarantine/{uuid4()}/1/0.png", b"png", media_type="image/png")
    assert len(studio.oracle.left_behind()) == 1

    studio.painter.hold()
    job = studio.draw(None, owner)
    studio.comes_to(job, owner, JobState.STARTED)
    assert studio.oracle.open_jobs() == {job}
    studio.painter.let_go()
    studio.comes_to(job, owner, JobState.COMPLETED)
