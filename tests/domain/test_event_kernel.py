"""What triggering an event demands, and what an event of before is given."""

from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import StoredForm
from domain.wallet import Wallet
from tests.domain.people import ADA, MONDAY, TUESDAY, named, wallet_of
from tests.domain.stored import GLASS

DOMAIN = Path(__file__).parents[2] / "domain"


class LampEvents:
    """The events of a `Lamp`, in a class that it inherits from."""

    class Lit(Aggregate.Created):
        """Somebody lit it."""

        TOPIC = "lamp.lit"
        room: str

        def apply(self, lamp: "Lamp") -> None:
            lamp.room = self.room

    class Dimmed(Aggregate.Event):
        """Its light was set; a later release also says how fast."""

        TOPIC = "lamp.dimmed"
        light: int
        seconds: int = 2

        def apply(self, lamp: "Lamp") -> None:
            lamp.light, lamp.seconds = self.light, self.seconds


class Lamp(LampEvents, Aggregate):
    """A lamp."""

    TOPIC = "lamp"

    def __init__(self) -> None:
        self.room: str
        self.light = 100
        self.seconds = 0

    @classmethod
    def lit(cls, **fields: Any) -> "Lamp":
        return cls._create(cls.Lit, **fields)


def lamp() -> Lamp:
    return Lamp.lit(id=named("lamp"), timestamp=MONDAY, room="attic")


def test_nothing_happens_without_a_time() -> None:
    trigger: Any = lamp().trigger_event
    with pytest.raises(TypeError, match="timestamp"):
        trigger(Lamp.Dimmed, light=50)
    with pytest.raises(TypeError, match="timestamp"):
        Lamp.lit(id=named("lamp"), room="attic")
    with pytest.raises(TypeError, match="id"):
        Lamp.lit(timestamp=MONDAY, room="attic")


def test_fields_are_given_by_name_and_all_of_them() -> None:
    trigger: Any = lamp().trigger_event
    with pytest.raises(TypeError):
        trigger(Lamp.Dimmed, 50, timestamp=MONDAY)
    with pytest.raises(TypeError, match="light"):
        trigger(Lamp.Dimmed, timestamp=MONDAY)
    with pytest.raises(TypeError, match="colour"):
        trigger(Lamp.Dimmed, light=50, colour="red", timestamp=MONDAY)


def test_an_event_applies_itself_and_says_its_own_time() -> None:
    it = lamp()
    it.trigger_event(Lamp.Dimmed, light=50, timestamp=TUESDAY)
    assert (it.room, it.light, it.seconds, it.version) == ("attic", 50, 2, 2)
    assert (it.created_on, it.modified_on) == (MONDAY, TUESDAY)


def test_bytes_from_before_a_field_get_its_one_default() -> None:
    form = StoredForm([Lamp.Lit, Lamp.Dimmed])
    it = lamp()
    at = MONDAY + timedelta(hours=1)
    before = b'{"v":1,"timestamp":"%s","light":7}' % at.isoformat().encode()
    form.decode("lamp.dimmed", it.id, 2, before, GLASS).mutate(it)
    assert (it.light, it.seconds, it.modified_on) == (7, 2, at)


def test_events_from_another_file_are_the_aggregates_own() -> None:
    assert issubclass(Wallet.Reserved, Aggregate.Event)
    assert {field.name for field in fields(Wallet.Reserved)} >= {"job_id", "millicredits", "draws"}
    assert wallet_of(5, ADA).pending_events[0].__class__ is Wallet.Opened


def test_no_aggregate_names_the_fields_of_an_event_again() -> None:
    """The library's decorator repeats them in a signature, and gives them by position."""
    for path in DOMAIN.rglob("*.py"):
        assert "@event(" not in path.read_text(), path.name


def test_no_file_of_the_backend_is_longer_than_a_thought() -> None:
    root = DOMAIN.parent
    folders = "adapters api commands domain gpu_consumers processes projections queries topics"
    long = {
        str(path.relative_to(root))
        for folder in folders.split()
        for path in (root / folder).rglob("*.py")
        if len(path.read_text().splitlines()) > 400
    }
    assert long <= {"processes/audit/verify.py"}
