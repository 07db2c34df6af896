"""What is counted of commands: how long, how they end, which rule said no, and never whose."""

from contextlib import suppress
from uuid import uuid5

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from adapters.event_store.in_memory import InMemoryEventStore
from commands.handlers import HANDLERS
from commands.ports.event_store import OwnerBusy
from commands.wallet.grant_promotion import GrantPromotion
from domain.kernel.refusal import Refusal
from domain.refusals import NotFound
from processes.metrics.commands import CommandMetrics
from processes.observed_studio import ObservedStudio
from tests.commands.journey import A_LIGHTHOUSE
from tests.commands.studio_spec import ADA, ARGS_SECRET, StoppedClock, StudioSpec


class Counted(StudioSpec):
    """The studio of the specs, with its commands counted."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = CollectorRegistry()
        self.monotonic_s = 0.0
        metrics = CommandMetrics(self.registry, lambda: self.monotonic_s)
        self.studio = ObservedStudio(self.store, HANDLERS, self.clock, ARGS_SECRET, [metrics])

    def value(self, name: str, **labels: str) -> float | None:
        """What is shown under a name."""
        return self.registry.get_sample_value(name, labels)


def test_a_command_is_counted_by_its_stored_name_and_its_seconds() -> None:
    spec = Counted().opened()
    assert spec.value("suite_commands_total", command="publish-policy", outcome="accepted") == 1
    assert spec.value("suite_command_seconds_count", command="publish-policy") == 1


def test_a_refusal_is_counted_by_its_code_and_is_still_raised() -> None:
    spec = Counted().opened()
    spec.when(A_LIGHTHOUSE).then_refused(NotFound)
    labels = {"command": "request-images", "code": NotFound.code}
    assert spec.value("suite_refusals_total", **labels) == 1
    assert spec.value("suite_commands_total", command="request-images", outcome="refused") == 1
    assert spec.value("suite_commands_total", command="request-images", outcome="accepted") is None


@pytest.mark.parametrize(
    ("raised", "outcome"), [(OwnerBusy(1), "busy"), (RuntimeError("fog"), "failed")]
)
def test_what_is_no_refusal_is_not_counted_as_one(raised: Exception, outcome: str) -> None:
    registry = CollectorRegistry()
    metrics = CommandMetrics(registry)
    with (
        suppress(type(raised)),
        metrics.command("keep-asset", None, owner_id=ADA, key=ADA),
    ):
        raise raised
    labels = {"command": "keep-asset", "outcome": outcome}
    assert registry.get_sample_value("suite_commands_total", labels) == 1


def test_nothing_that_is_shown_names_an_owner_or_what_they_wrote() -> None:
    spec = Counted().opened()
    spec.when(A_LIGHTHOUSE)
    shown = generate_latest(spec.registry).decode()
    assert "request-images" in shown
    for whose in (str(ADA), ADA.hex, "lighthouse", "fog"):
        assert whose not in shown


def test_a_command_under_a_key_of_another_is_refused_as_without_an_observer() -> None:
    store, clock = InMemoryEventStore(), StoppedClock()
    plain = ObservedStudio(store, HANDLERS, clock, ARGS_SECRET, [])
    with pytest.raises(Refusal):
        plain.execute(
            GrantPromotion(millicredits=1, expires_at=clock()),
            owner_id=ADA,
            key=uuid5(ADA, "key"),
        )
