"""Every output that was not released says why, that it cost nothing, and where that is written."""

from typing import Any

import pytest

from api.types.refused_item import WORDS, RefusalCause, causes_of
from domain.asset import Why
from domain.checks import Check
from domain.release import RELEASE
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio


@pytest.fixture
def rich(live: LiveStudio) -> Creator:
    """Ada, ready to ask for pictures."""
    return Creator(live, "Ada").verified().rich()


def newest(creator: Creator) -> Any:
    [edge] = creator.run("Jobs", first=1)["jobs"]["edges"]
    return edge["node"]


def statement(creator: Creator) -> dict[str, Any]:
    found = creator.run("Statement", first=100)["wallet"]["statement"]["edges"]
    return {edge["node"]["position"]: edge["node"] for edge in found}


def test_a_refused_tile_names_its_cause_and_the_entry_that_gave_its_credits_back(
    rich: Creator,
) -> None:
    job = rich.images(count=4)
    rich.finished(job, failed={1: [Check.FACE_COUNT], 3: [Check.FACE_COUNT, Check.MINOR_VETO]})
    shown = newest(rich)
    assert (shown["refusedCount"], len(shown["assets"])) == (2, 2)
    crowd, uncertain = shown["refused"]
    assert (crowd["item"], crowd["cause"]) == (1, "FACES_OUT_OF_NUMBER")
    assert (uncertain["item"], uncertain["cause"]) == (3, "AGE_UNCERTAIN")
    assert uncertain["causes"] == ["AGE_UNCERTAIN", "FACES_OUT_OF_NUMBER"]
    assert uncertain["words"] == WORDS[RefusalCause.AGE_UNCERTAIN]
    assert [tile["charged"] for tile in (crowd, uncertain)] == [0, 0]
    entry = statement(rich)[crowd["ledgerEntry"]]
    assert (entry["kind"], entry["job"]) == ("wallet.released", job)
    assert entry["millicredits"] == shown["quoted"] - shown["captured"] > 0


def test_a_refused_sample_points_at_what_its_training_cost(live: LiveStudio) -> None:
    ada = Creator(live, "Ada")
    job = ada.training(ada.ready_to_train())
    ada.finished(job, failed={0: [Check.IDENTITY]})
    [tile] = newest(ada)["refused"]
    assert (tile["cause"], tile["charged"]) == ("NOT_YOUR_FACE", 0)
    entry = statement(ada)[tile["ledgerEntry"]]
    assert (entry["kind"], entry["job"]) == ("wallet.captured", job)


def test_a_job_without_refusals_has_none(rich: Creator) -> None:
    rich.finished(rich.images())
    assert newest(rich)["refused"] == []


@pytest.mark.parametrize("check", [*Check, RELEASE, "of a later release"])
@pytest.mark.parametrize("why", Why)
def test_every_reason_that_can_be_stored_comes_to_a_cause_with_words(check: str, why: Why) -> None:
    [cause] = causes_of((f"{check}:{why}",))
    assert WORDS[cause]


def test_each_check_that_fails_has_a_cause_of_its_own() -> None:
    causes = [causes_of((f"{check}:failed",)) for check in Check]
    assert len({cause for [cause] in causes}) == len(Check)
    assert [RefusalCause.NOT_CHECKED] not in causes


def test_what_is_not_understood_counts_as_not_checked() -> None:
    assert causes_of(()) == causes_of(("",)) == [RefusalCause.NOT_CHECKED]
