"""An event that a release cannot read waits for one that can, and is never passed over."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from commands.reactions import registry
from commands.reactions.reaction import Reaction
from commands.twin.withdraw_consent import WithdrawConsent
from domain.events import EVENT_CLASSES
from domain.kernel.stored_form import StoredForm
from domain.twin import Twin
from processes.reactor.answers import READING
from tests.commands import journey
from tests.commands.studio_spec import ADA, GRACE
from tests.reactor.reactor_spec import ReactorSpec

BEFORE_DELETIONS = StoredForm(one for one in EVENT_CLASSES if one is not Twin.DeletionRequested)
"""The form of a release that does not know deletions."""


@pytest.fixture
def withdrawn(spec: ReactorSpec) -> ReactorSpec:
    """Ada has withdrawn her consent, and no reactor has seen it; her photo lies in the store."""
    twin = journey.trained_twin(spec)
    spec.settles()
    spec.objects.put(photo_of(twin), b"photo", media_type="image/png")
    spec.does(WithdrawConsent(twin))
    return spec


def photo_of(twin: UUID) -> str:
    """Where a photo of a twin lies."""
    return f"photos/{twin}/1/submission/photo.png"


def photos(spec: ReactorSpec) -> list[str]:
    """What lies in the store."""
    return list(spec.objects.keys("photos/"))


def test_an_event_type_that_a_release_does_not_know_waits_for_one_that_does(
    withdrawn: ReactorSpec,
) -> None:
    withdrawn.started(BEFORE_DELETIONS).settles()
    waiting = withdrawn.intent_of(READING)
    assert waiting.done_at is None
    assert photos(withdrawn)
    withdrawn.passes(days=2)
    waiting = withdrawn.intent_of(READING)
    assert (waiting.done_at, waiting.last_error) == (None, "StoredEventUnreadable")
    # Slowly: a minute, two, four, and at last once an hour.
    assert 40 < waiting.intent.attempts < 60

    withdrawn.started()
    withdrawn.intents.wake(READING, now=withdrawn.clock())
    withdrawn.settles()
    assert photos(withdrawn) == []
    assert len(withdrawn.events(Twin.Deleted)) == 1
    assert withdrawn.intent_of(READING).intent.outcome == "done"
    assert withdrawn.pending() == []


def test_the_events_around_it_are_answered_meanwhile(withdrawn: ReactorSpec) -> None:
    withdrawn.started(BEFORE_DELETIONS)
    journey.trained_twin(withdrawn, GRACE)
    withdrawn.settles()
    done = {state.intent.reaction for state in withdrawn.intents.all() if state.done_at}
    assert "completed-job-clears-quarantine" in done
    assert {state.intent.reaction for state in withdrawn.pending()} >= {READING}


def test_a_newer_version_of_a_known_event_waits_for_a_release_that_reads_it(
    withdrawn: ReactorSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = withdrawn.store._rows
    [place] = [n for n, row in enumerate(rows) if row.event_type == Twin.DeletionRequested.TOPIC]
    newer = rows[place].data.replace(b'{"v":1', b'{"v":2')
    assert newer != rows[place].data
    rows[place] = replace(rows[place], data=newer)
    withdrawn.settles()
    assert withdrawn.intent_of(READING).done_at is None
    assert photos(withdrawn)

    monkeypatch.setattr(Twin.DeletionRequested, "schema_version", 2)
    withdrawn.started().passes(minutes=1)
    assert photos(withdrawn) == []
    assert withdrawn.intent_of(READING).intent.outcome == "done"


def test_an_unknown_type_without_any_reaction_waits_too(spec: ReactorSpec) -> None:
    """Whether it asks for something only a release that knows it can say."""
    unknowing = StoredForm(one for one in EVENT_CLASSES if one is not Twin.Created)
    journey.verified(spec)
    journey.twin_with_consent(spec)
    spec.started(unknowing).settles()
    assert spec.intent_of(READING).done_at is None
    spec.started().passes(minutes=1)
    assert spec.intent_of(READING).intent.outcome == "done"


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fail(event: Any, owner_id: UUID) -> None:
        raise KeyError("an engine that left the catalogue")

    reactions = (*registry.REACTIONS, Reaction("broken", Twin.ConsentWithdrawn, fail))
    with monkeypatch.context() as patched:
        patched.setattr(registry, "REACTIONS", reactions)
        yield


@pytest.mark.usefixtures("broken")
def test_a_reaction_that_raises_holds_up_its_event_and_no_other(withdrawn: ReactorSpec) -> None:
    withdrawn.settles()
    assert photos(withdrawn) == []
    waiting = withdrawn.intent_of(READING)
    assert (waiting.done_at, waiting.last_error) == (None, "KeyError")
    assert waiting.intent.owner_id == ADA


def test_a_restart_of_the_same_release_answers_nothing_twice(withdrawn: ReactorSpec) -> None:
    withdrawn.settles()
    before = withdrawn.intents.all()
    rows = withdrawn.store.rows()
    withdrawn.started().settles()
    assert withdrawn.intents.all() == before
    assert withdrawn.store.rows() == rows
