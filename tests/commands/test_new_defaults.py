"""A studio that runs already sells and allows what a new release can do, and no more changes."""

from dataclasses import replace

import msgspec
import pytest

from commands.quote import QuoteImages
from commands.safety.publish_new_defaults import PublishNewDefaults
from commands.safety.publish_policy import PublishPolicy
from commands.safety.publish_price_list import PublishPriceList
from domain.job_kind import JobKind
from domain.kernel.identity import POLICY_ID, PRICE_LIST_ID, SYSTEM
from domain.policy import DEFAULT_ROWS, FIRST_ROWS, Policy
from domain.price_list import DEFAULT_ENTRIES, PriceList
from domain.refusals import NotFound, PriceListOutdated
from tests.commands import journey
from tests.commands.studio_spec import MONDAY, StudioSpec

OF_BEFORE = tuple(entry for entry in DEFAULT_ENTRIES if entry.kind is not JobKind.VIDEO)
DEARER = tuple(msgspec.structs.replace(entry, unit=entry.unit + 7) for entry in OF_BEFORE)
OF_OPERATOR = tuple(msgspec.structs.replace(row, jurisdictions=("XX", "DE")) for row in FIRST_ROWS)


@pytest.fixture
def spec() -> StudioSpec:
    """A studio as the release before clips has opened it, with an operator's own prices."""
    spec = StudioSpec()
    spec.does(PublishPriceList(1, MONDAY, entries=DEARER), owner=SYSTEM)
    spec.does(PublishPolicy(1, (), rows=FIRST_ROWS), owner=SYSTEM)
    return spec


def test_what_has_no_price_yet_gets_one_and_what_has_one_keeps_it(spec: StudioSpec) -> None:
    spec.when(PublishNewDefaults(), owner=SYSTEM).then("price-list.published", "policy.published")
    prices = spec.load(PriceList, PRICE_LIST_ID, owner=SYSTEM)
    assert prices.current.version == 2
    new = tuple(entry for entry in DEFAULT_ENTRIES if entry.kind is JobKind.VIDEO)
    assert prices.current.entries == (*DEARER, *new)
    assert spec.load(Policy, POLICY_ID, owner=SYSTEM).rows == DEFAULT_ROWS


def test_a_quote_of_before_is_accepted_for_a_day(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    quoted = spec.asks(QuoteImages("pocket", 2))
    spec.given(PublishNewDefaults(), owner=SYSTEM)
    spec.clock.pass_by(hours=23)
    asked = replace(journey.A_LIGHTHOUSE, price_version=quoted.price_version)
    assert spec.does(asked).quoted_millicredits == quoted.millicredits
    spec.clock.pass_by(hours=2)
    spec.when(asked).then_refused(PriceListOutdated, current=2)


def test_a_second_start_publishes_nothing(spec: StudioSpec) -> None:
    spec.given(PublishNewDefaults(), owner=SYSTEM)
    spec.when(PublishNewDefaults(), owner=SYSTEM).then()


def test_rows_that_an_operator_has_chosen_are_left_alone(spec: StudioSpec) -> None:
    spec.given(PublishPolicy(2, (), rows=OF_OPERATOR), owner=SYSTEM)
    spec.when(PublishNewDefaults(), owner=SYSTEM).then("price-list.published")
    assert spec.load(Policy, POLICY_ID, owner=SYSTEM).rows == OF_OPERATOR


def test_where_nothing_was_ever_published_there_is_nothing_new() -> None:
    StudioSpec().when(PublishNewDefaults(), owner=SYSTEM).then()


def test_nobody_else_publishes_anything(spec: StudioSpec) -> None:
    spec.when(PublishNewDefaults()).then_refused(NotFound)
