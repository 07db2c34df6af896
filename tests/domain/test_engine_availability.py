"""What keeps an engine from being asked for anything, and what only makes its jobs wait."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from domain.assurance import Assurance, assurance_of
from domain.engines import ENGINES
from domain.engines.availability import AtHand, Lack, lacks
from domain.time_limits import JOB_OPEN_MAX

POCKET = ENGINES["pocket"]
PHOTOGRAPHIC = (
    "stable-diffusion-1.5",
    "stable-diffusion-xl",
    "z-image",
    "flux-2-klein",
    "qwen-image",
    "wan-2.2",
    "stable-video-diffusion",
)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
EVERYBODY = AtHand(
    workers=2, worker_last_at=NOON, screeners=1, screener_last_at=NOON, has_policy=True
)


def test_what_comes_with_the_studio_can_be_asked_before_anybody_is_there() -> None:
    assert lacks(POCKET, AtHand(), now=NOON) == ()


@pytest.mark.parametrize("engine", PHOTOGRAPHIC)
def test_of_an_engine_that_nobody_ever_had_everything_is_missing(engine: str) -> None:
    found = lacks(ENGINES[engine], AtHand(), now=NOON)
    assert found == (Lack.WEIGHTS, Lack.FACE_ANALYSER, Lack.DOCUMENT_IDENTITY, Lack.POLICY)


@pytest.mark.parametrize("engine", PHOTOGRAPHIC)
def test_a_worker_with_the_weights_is_not_all_that_photographs_need(engine: str) -> None:
    drawn_by = AtHand(workers=1, worker_last_at=NOON)
    found = lacks(ENGINES[engine], drawn_by, now=NOON)
    assert found == (Lack.FACE_ANALYSER, Lack.DOCUMENT_IDENTITY, Lack.POLICY)


@pytest.mark.parametrize("engine", PHOTOGRAPHIC)
def test_no_photograph_without_somebody_who_checks_documents(engine: str) -> None:
    assert lacks(ENGINES[engine], EVERYBODY, now=NOON) == (Lack.DOCUMENT_IDENTITY,)


@pytest.mark.parametrize("engine", PHOTOGRAPHIC)
def test_nothing_is_missing_once_all_of_it_is_there(engine: str) -> None:
    everything = msgspec.structs.replace(EVERYBODY, documents=True)
    assert lacks(ENGINES[engine], everything, now=NOON) == ()


def test_only_a_provider_that_looks_at_documents_assures_more_than_the_sandbox() -> None:
    assert assurance_of("veriff") is Assurance.DOCUMENT
    for other in ("sandbox", "Veriff", "", "someone-new"):
        assert assurance_of(other) is Assurance.SANDBOX


@pytest.mark.parametrize("away_for", [timedelta(minutes=5), JOB_OPEN_MAX - timedelta(seconds=1)])
def test_weights_are_not_missing_while_a_job_could_wait_for_them(away_for: timedelta) -> None:
    away = AtHand(workers=0, worker_last_at=NOON - away_for)
    assert Lack.WEIGHTS not in lacks(ENGINES["stable-diffusion-xl"], away, now=NOON)


def test_weights_are_missing_once_no_job_would_be_open_for_so_long() -> None:
    away = AtHand(workers=0, worker_last_at=NOON - JOB_OPEN_MAX)
    assert Lack.WEIGHTS in lacks(ENGINES["stable-diffusion-xl"], away, now=NOON)


def test_whoever_is_there_is_there_however_long_ago_that_was_written() -> None:
    there = AtHand(workers=1, worker_last_at=NOON - 2 * JOB_OPEN_MAX)
    assert Lack.WEIGHTS not in lacks(ENGINES["stable-diffusion-xl"], there, now=NOON)
