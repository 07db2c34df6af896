"""The demo's S3 server: the settings name it while it is there; killed once, it comes back."""

import os

import pytest

from adapters.objects.s3_place import S3User
from adapters.parts.kafka import PartUnavailable
from commands.ports.object_store import StoreUnavailable
from processes.demo import bucket as demo
from processes.demo.bucket import StoreAccident, home_on_s3
from processes.settings import load_settings
from processes.wiring.objects import open_bucket


def test_the_server_is_killed_in_the_middle_of_a_job_once_and_keeps_what_it_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo, "AWAY_S", 0.1)
    is_time = False
    said: list[str] = []
    try:
        with home_on_s3(said.append) as (home, server):
            keeper = open_bucket(load_settings(), S3User.KEEPER)
            keeper.put("gallery/a/b/master", b"picture", media_type="image/png")
            first_pid = server.pid
            accident = StoreAccident(server, lambda: is_time)
            accident.progressed(7, 10)
            assert server.pid == first_pid
            is_time = True
            accident.progressed(1, 10)
            accident.progressed(10, 10)
            assert not accident.has_passed()
            accident.progressed(7, 10)
            assert accident.has_passed()
            second_pid = server.pid
            assert second_pid != first_pid
            assert keeper.get("gallery/a/b/master") == b"picture"
            accident.progressed(7, 10)
            assert (accident.has_passed(), server.pid) == (True, second_pid)
            assert not home.exists()
    except PartUnavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    assert "SUITE_OBJECT_STORE" not in os.environ
    with pytest.raises(StoreUnavailable):
        keeper.get("gallery/a/b/master")
