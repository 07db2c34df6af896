"""A fact that cannot be folded stops its owner, and nobody else."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
import psycopg
import pytest

from domain.asset import Asset
from domain.events import STORED_FORM
from domain.job import Job
from projections.catch_up import CatchUp, Outcome
from projections.projector import Projector
from projections.read_model import Change, ReadModel
from projections.rebuild import Difference, Rebuild
from projections.registry import READ_MODELS
from tests.commands.studio_spec import StoppedClock
from tests.projections.studio_history import ADA, GRACE, StudioHistory, a_whole_journey
from topics.messages.fact import Fact

OTHERS = 50


class Desk:
    """A projector over one database, and the store its facts come from.

    `spoiled` stands in the store for the fact at its position, until it is mended.
    """

    def __init__(self, database: str, admin_database: str, history: StudioHistory) -> None:
        self.database = database
        self.history = history
        self.clock = StoppedClock(history.now)
        self.spoiled: dict[int, Fact] = {}
        self.facts_max = 2_000
        self.models: Sequence[ReadModel] = READ_MODELS
        self._admin = admin_database

    @property
    def facts(self) -> list[Fact]:
        return [self.spoiled.get(fact.position, fact) for fact in self.history.facts]

    def after(self, position: int) -> Iterator[Fact]:
        return (fact for fact in self.facts if fact.position > position)

    def facts_of(self, owner: UUID, after: int, limit: int) -> list[Fact]:
        return [fact for fact in self.after(after) if fact.owner_id == owner][:limit]

    @property
    def projector(self) -> Projector:
        return Projector(
            lambda: connection(self.database),
            STORED_FORM,
            self.history.keys,
            self.models,
            now=self.clock,
        )

    @property
    def catch_up(self) -> CatchUp:
        return CatchUp(
            lambda: connection(self.database),
            STORED_FORM,
            self.history.keys,
            self.facts_of,
            self.models,
            now=self.clock,
            facts_max=self.facts_max,
        )

    @property
    def rebuild(self) -> Rebuild:
        return Rebuild(lambda: connection(self._admin), STORED_FORM, self.history.keys)

    def spoil(self, fact: Fact, **changed: Any) -> Fact:
        """The store holds this fact in a form that nobody folds."""
        self.spoiled[fact.position] = msgspec.structs.replace(fact, **changed)
        return fact

    def first(self, event_type: str, owner: UUID = ADA) -> Fact:
        return next(
            fact
            for fact in self.history.facts
            if fact.event_type == event_type and fact.owner_id == owner
        )

    def mend(self) -> None:
        """Whatever was wrong with the store's facts, this release can fold them."""
        self.spoiled.clear()

    def parked(self) -> dict[UUID, int]:
        return {one.owner_id: one.position for one in self.catch_up.parked(1_000)}

    def read_to(self, owner: UUID) -> set[int]:
        return set(self.rows("SELECT position FROM views.read_to WHERE owner_id = %s", owner))

    def rows(self, statement: str, *values: object) -> list[Any]:
        with connection(self.database) as found, found.transaction(), found.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE projector")
            cursor.execute(statement.encode(), values)
            return [row[0] for row in cursor.fetchall()]


def connection(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url, autocommit=True)


@pytest.fixture
def desk(database: str, admin_database: str) -> Desk:
    return Desk(database, admin_database, a_whole_journey())


@dataclass(frozen=True)
class Poison:
    """One way in which a fact cannot be folded."""

    event_type: str
    spoil: Callable[[Fact], dict[str, Any]]
    error: str


def with_nul(fact: Fact) -> dict[str, Any]:
    return {"data": fact.data.replace(b"image/png", b"image/png\\u0000")}


POISONS = {
    "a NUL": Poison("asset.released", with_nul, "UntranslatableCharacter"),
    "no JSON": Poison("job.requested", lambda _: {"data": b"not JSON"}, "StoredEventUnreadable"),
    "a newer version": Poison(
        "wallet.credited",
        lambda fact: {"data": fact.data.replace(b'"v":1', b'"v":9')},
        "StoredEventUnreadable",
    ),
    "a type that is not known": Poison(
        "job.started", lambda _: {"event_type": "job.dreamed"}, "StoredEventUnreadable"
    ),
    "a number beyond its column": Poison(
        "twin.adapter-delivered",
        lambda fact: {"data": fact.data.replace(b'"rank":16', b'"rank":9999999999')},
        "NumericValueOutOfRange",
    ),
}


@pytest.fixture(params=POISONS)
def poison(request: pytest.FixtureRequest) -> Poison:
    return POISONS[request.param]


def spoil(desk: Desk, poison: Poison, owner: UUID = ADA) -> Fact:
    fact = desk.first(poison.event_type, owner)
    return desk.spoil(fact, **poison.spoil(fact))


def test_one_owners_fact_stops_that_owner_alone(desk: Desk, poison: Poison) -> None:
    fact = spoil(desk, poison)
    others = [uuid5(GRACE, str(number)) for number in range(OTHERS)]
    for owner in others:
        desk.history.verified_person(owner)
    a_whole_journey(GRACE, desk.history)
    (parked,) = desk.projector.apply(desk.facts)
    assert (parked.owner_id, parked.position) == (ADA, fact.position)
    assert (parked.error, parked.attempts) == (poison.error, 1)
    # Everything of hers before it is there, and all of everybody else's.
    before = max(f.position for f in desk.facts_of(ADA, 0, 9_999) if f.position < fact.position)
    assert desk.read_to(ADA) == {before}
    assert len(desk.rows("SELECT owner_id FROM views.account")) == OTHERS + 2
    assert desk.read_to(GRACE) == {desk.history.position}
    assert desk.rebuild.compare(desk.after) == ()


def test_her_later_facts_are_passed_over_until_she_is_caught_up_with(
    desk: Desk, poison: Poison
) -> None:
    fact = spoil(desk, poison)
    for one in desk.facts:
        desk.projector.apply([one])
    assert desk.parked() == {ADA: fact.position}
    assert max(desk.read_to(ADA)) < fact.position
    desk.mend()
    assert desk.catch_up.retry(ADA).outcome is Outcome.CAUGHT_UP
    assert desk.parked() == {}
    assert desk.read_to(ADA) == {desk.history.position}
    assert desk.rebuild.compare(desk.after) == ()


def test_who_was_caught_up_with_is_folded_as_before(desk: Desk) -> None:
    spoil(desk, POISONS["a NUL"])
    desk.projector.apply(desk.facts)
    desk.mend()
    desk.catch_up.retry(ADA)
    person = desk.history.person(ADA)
    desk.history.twin_with_photos(person, "Lady")
    assert desk.projector.apply(desk.facts) == ()
    assert desk.read_to(ADA) == {desk.history.position}
    assert desk.rebuild.compare(desk.after) == ()


def test_a_second_fact_of_hers_stops_her_again_further_on(desk: Desk) -> None:
    desk.spoil(desk.first("wallet.credited"), data=b"{}")
    desk.projector.apply(desk.facts)
    second = spoil(desk, POISONS["a NUL"])
    del desk.spoiled[desk.first("wallet.credited").position]
    desk.clock.pass_by(hours=1)
    tried = desk.catch_up.retry(ADA)
    assert tried.outcome is Outcome.STILL_PARKED
    assert tried.parked is not None
    assert (tried.parked.position, tried.parked.attempts) == (second.position, 1)
    assert desk.parked() == {ADA: second.position}
    assert desk.rebuild.compare(desk.after) == ()


def test_many_poisoned_owners_in_one_batch_are_all_found(desk: Desk) -> None:
    owners = [uuid5(GRACE, f"poisoned {number}") for number in range(6)]
    for number, owner in enumerate(owners):
        a_whole_journey(owner, desk.history)
        fact = desk.first("asset.released", owner)
        if number % 2:
            desk.spoil(fact, **with_nul(fact))
    desk.projector.apply(desk.facts)
    assert set(desk.parked()) == set(owners[1::2])
    assert desk.rebuild.compare(desk.after) == ()


def test_it_is_tried_again_ever_less_often(desk: Desk) -> None:
    spoil(desk, POISONS["a NUL"])
    desk.projector.apply(desk.facts)
    waits = []
    for _ in range(12):
        (parked,) = desk.catch_up.parked(10)
        waits.append((parked.due_at - desk.clock()).total_seconds())
        assert desk.catch_up.retry_due(10) == ()
        desk.clock.at = parked.due_at
        (tried,) = desk.catch_up.retry_due(10)
        assert tried.outcome is Outcome.STILL_PARKED
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
    desk.mend()
    desk.clock.pass_by(minutes=10)
    (tried,) = desk.catch_up.retry_due(10)
    assert tried.outcome is Outcome.CAUGHT_UP


def test_who_has_many_facts_is_caught_up_with_in_steps(desk: Desk) -> None:
    spoil(desk, POISONS["a newer version"])
    desk.projector.apply(desk.facts)
    desk.mend()
    desk.facts_max = 7
    desk.clock.pass_by(minutes=1)
    outcomes = []
    while tried := desk.catch_up.retry_due(10):
        outcomes.append(tried[0].outcome)
    assert outcomes[:-1] == [Outcome.FURTHER] * (len(outcomes) - 1)
    assert outcomes[-1] is Outcome.CAUGHT_UP
    assert len(outcomes) > 3
    assert desk.rebuild.compare(desk.after) == ()


def test_between_two_steps_new_facts_wait_for_their_turn(desk: Desk) -> None:
    spoil(desk, POISONS["a newer version"])
    desk.projector.apply(desk.facts)
    desk.mend()
    desk.facts_max = 7
    desk.clock.pass_by(minutes=1)
    assert desk.catch_up.retry_due(10)[0].outcome is Outcome.FURTHER
    desk.history.twin_with_photos(desk.history.person(ADA), "Lady")
    desk.projector.apply(desk.facts)
    assert max(desk.read_to(ADA)) < desk.first("job.requested").position
    while desk.catch_up.retry_due(10):
        continue
    assert desk.read_to(ADA) == {desk.history.position}
    assert desk.rebuild.compare(desk.after) == ()


def test_what_is_stored_while_she_is_caught_up_with_is_never_missed(desk: Desk) -> None:
    spoil(desk, POISONS["a newer version"])
    desk.projector.apply(desk.facts)
    desk.mend()
    desk.facts_max = 5
    done = threading.Event()
    projected: list[BaseException] = []

    def project() -> None:
        try:
            person = desk.history.person(ADA)
            for number in range(8):
                at = desk.history.position
                desk.history.twin_with_photos(person, f"Lady {number}")
                desk.projector.apply(list(desk.after(at)))
        except BaseException as error:
            projected.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=project)
    thread.start()
    while not done.is_set():
        desk.catch_up.retry(ADA)
    thread.join()
    assert projected == []
    assert desk.parked() == {}
    assert desk.read_to(ADA) == {desk.history.position}
    assert desk.rebuild.compare(desk.after) == ()


def test_a_known_type_that_no_read_model_folds_stops_nobody(desk: Desk) -> None:
    desk.models = [model for model in READ_MODELS if model.name != "gallery"]
    assert Asset.Purged.TOPIC in STORED_FORM.event_types
    assert all(Asset.Purged.TOPIC not in model.event_types for model in desk.models)
    assert desk.projector.apply(desk.facts) == ()
    assert desk.read_to(ADA) == {desk.history.position}


def test_what_was_folded_before_stops_nobody_when_it_comes_again(desk: Desk) -> None:
    desk.projector.apply(desk.facts)
    spoil(desk, POISONS["no JSON"])
    assert desk.projector.apply(desk.facts) == ()


def test_a_handler_that_raises_stops_its_owner(desk: Desk) -> None:
    broken = ReadModel("broken")

    @broken.on(Job.Completed)
    def _divide(event: Job.Completed, fact: Fact) -> list[Change]:
        raise ZeroDivisionError

    desk.models = (*READ_MODELS, broken)
    (parked,) = desk.projector.apply(desk.facts)
    assert (parked.error, parked.event_type) == ("ZeroDivisionError", "job.completed")


def test_a_database_that_is_away_parks_nobody_while_she_is_tried_again(desk: Desk) -> None:
    fact = spoil(desk, POISONS["a NUL"])
    desk.projector.apply(desk.facts)
    away = ReadModel("away")

    @away.on(Asset.Released)
    def _away(event: Asset.Released, fact: Fact) -> list[Change]:
        raise psycopg.OperationalError("the server closed the connection")

    desk.models = (*READ_MODELS, away)
    desk.mend()
    with pytest.raises(psycopg.OperationalError):
        desk.catch_up.retry(ADA)
    assert desk.parked() == {ADA: fact.position}
    desk.models = READ_MODELS
    assert desk.catch_up.retry(ADA).outcome is Outcome.CAUGHT_UP


def test_a_record_that_says_nothing_is_read_from_the_store(desk: Desk) -> None:
    lost = desk.first("job.requested")
    desk.projector.apply([fact for fact in desk.facts if fact.position < lost.position])
    desk.projector.note_lost(ADA, "Undecodable")
    desk.projector.note_lost(ADA, "Undecodable")
    desk.projector.apply([fact for fact in desk.facts if fact.position > lost.position])
    assert max(desk.read_to(ADA)) < lost.position
    (tried,) = desk.catch_up.retry_due(10)
    assert tried.outcome is Outcome.CAUGHT_UP
    assert desk.read_to(ADA) == {desk.history.position}
    assert desk.rebuild.compare(desk.after) == ()


def test_only_she_sees_that_she_is_parked(desk: Desk) -> None:
    spoil(desk, POISONS["a NUL"])
    a_whole_journey(GRACE, desk.history)
    desk.projector.apply(desk.facts)

    def seen_by(viewer: UUID | None) -> int:
        with connection(desk.database) as found, found.transaction(), found.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE reader")
            if viewer is not None:
                cursor.execute("SELECT set_config('suite.viewer', %s, true)", (str(viewer),))
            cursor.execute("SELECT count(*) FROM views.parked_owners")
            [(count,)] = cursor.fetchall()
        return int(count)

    assert (seen_by(ADA), seen_by(GRACE), seen_by(None)) == (1, 0, 0)


def test_whoever_waits_for_her_is_woken(desk: Desk) -> None:
    spoil(desk, POISONS["a NUL"])
    first = desk.first("asset.released").position
    desk.projector.apply([fact for fact in desk.facts if fact.position < first])
    with listening(desk.database) as heard:
        desk.projector.apply([fact for fact in desk.facts if fact.position == first])
        assert ADA.hex in heard()
    desk.mend()
    with listening(desk.database) as heard:
        desk.catch_up.retry(ADA)
        assert ADA.hex in heard()


@contextmanager
def listening(database: str) -> Iterator[Callable[[], str]]:
    with connection(database) as listener:
        listener.execute("LISTEN feed")
        yield lambda: "".join(
            notice.payload for notice in listener.notifies(timeout=5, stop_after=1)
        )


class TestRebuilding:
    def test_a_rebuild_parks_her_and_goes_on(self, desk: Desk, poison: Poison) -> None:
        a_whole_journey(GRACE, desk.history)
        desk.projector.apply(desk.facts)
        fact = spoil(desk, poison)
        # Folded once, and not foldable by this release: a difference that has a name.
        assert Difference("parked_owners", 1, 0) in desk.rebuild.compare(desk.after)
        rebuilt = desk.rebuild.run(desk.after)
        assert rebuilt.facts == desk.history.position
        assert [(one.owner_id, one.position) for one in rebuilt.parked] == [(ADA, fact.position)]
        assert desk.parked() == {ADA: fact.position}
        assert desk.read_to(GRACE) == {desk.history.position}
        assert desk.rebuild.compare(desk.after) == ()
        desk.mend()
        assert desk.catch_up.retry(ADA).outcome is Outcome.CAUGHT_UP
        assert desk.rebuild.compare(desk.after) == ()

    def test_a_rebuild_that_can_read_her_frees_her(self, desk: Desk) -> None:
        spoil(desk, POISONS["a NUL"])
        desk.projector.apply(desk.facts)
        desk.mend()
        assert desk.rebuild.run(desk.after).parked == ()
        assert desk.parked() == {}
        assert desk.read_to(ADA) == {desk.history.position}

    def test_since_when_she_is_parked_survives_a_rebuild(self, desk: Desk) -> None:
        spoil(desk, POISONS["a NUL"])
        desk.projector.apply(desk.facts)
        desk.clock.pass_by(hours=1)
        desk.catch_up.retry(ADA)
        (before,) = desk.catch_up.parked(10)
        assert before.last_at - before.first_at == timedelta(hours=1)
        desk.rebuild.run(desk.after)
        (after,) = desk.catch_up.parked(10)
        assert (after.first_at, after.attempts) == (before.first_at, 2)

    def test_who_cannot_be_folded_at_all_is_no_difference(self, desk: Desk) -> None:
        first = desk.first("person.registered")
        desk.spoil(first, data=b"{}")
        desk.projector.apply(desk.facts)
        assert desk.parked() == {ADA: first.position}
        assert desk.rebuild.compare(desk.after) == ()
        desk.rebuild.run(desk.after)
        assert desk.rebuild.compare(desk.after) == ()
