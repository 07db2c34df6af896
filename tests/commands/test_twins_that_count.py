"""A person has so many twins; one that is over makes room for the next."""

from uuid import UUID

import pytest

from commands.twin.create_twin import CreateTwin
from commands.twin.grant_consent import GrantConsent
from commands.twin.plan_photo_uploads import PlanPhotoUploads
from commands.twin.withdraw_all_consents import WithdrawAllConsents
from commands.twin.withdraw_consent import WithdrawConsent
from domain.consent_text import CONSENT
from domain.kernel.personal_text import PersonalText
from domain.person import TWINS_MAX, Person
from domain.refusals import TooManyTwins
from domain.twin import Twin
from domain.twin_consent import OFFERED_ANYWHERE
from tests.commands import journey
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, StudioSpec

ANOTHER = CreateTwin(PersonalText("Ada in spring"))


def consent_to(twin: UUID) -> GrantConsent:
    return GrantConsent(twin, CONSENT.sha256, OFFERED_ANYWHERE)


@pytest.fixture
def twins(spec: StudioSpec) -> list[UUID]:
    """As many as anyone may have, each with a consent."""
    journey.verified(spec)
    return [journey.twin_with_consent(spec) for _ in range(TWINS_MAX)]


def test_a_twin_whose_consent_was_withdrawn_makes_room_once_nothing_of_it_is_left(
    spec: StudioSpec, twins: list[UUID]
) -> None:
    spec.when(ANOTHER).then_refused(TooManyTwins, maximum=TWINS_MAX)
    spec.given(PlanPhotoUploads(twins[3], journey.photo_files(12)), WithdrawConsent(twins[3]))
    # Its bytes are still there.
    spec.when(ANOTHER).then_refused(TooManyTwins, maximum=TWINS_MAX)
    react(spec)
    spec.when(ANOTHER).then("person.twin-set-aside", "person.twin-opened", "twin.created")
    spec.when(ANOTHER).then_refused(TooManyTwins, maximum=TWINS_MAX)


def test_a_twin_that_was_set_aside_is_consented_to_again_where_there_is_room(
    spec: StudioSpec, twins: list[UUID]
) -> None:
    spec.given(WithdrawConsent(twins[0]))
    react(spec)
    spec.given(ANOTHER)
    spec.when(consent_to(twins[0])).then_refused(TooManyTwins, maximum=TWINS_MAX)
    spec.given(WithdrawConsent(twins[1]))
    react(spec)
    spec.when(consent_to(twins[0])).then(
        "twin.consent-granted", "person.twin-set-aside", "person.twin-opened"
    )
    assert spec.load(Twin, twins[0]).consented
    spec.when(consent_to(twins[1])).then_refused(TooManyTwins, maximum=TWINS_MAX)


def test_whoever_is_full_withdraws_and_consents_to_the_same_twin_as_before(
    spec: StudioSpec, twins: list[UUID]
) -> None:
    spec.given(WithdrawConsent(twins[0]))
    react(spec)
    spec.when(consent_to(twins[0])).then("twin.consent-granted")


def test_every_consent_ends_where_somebody_is_under_age_whichever_twins_count(
    spec: StudioSpec, twins: list[UUID]
) -> None:
    spec.given(WithdrawConsent(twins[0]), WithdrawConsent(twins[1]))
    react(spec)
    spec.given(ANOTHER, consent_to(twins[0]))
    spec.does(WithdrawAllConsents())
    assert not any(spec.load(Twin, twin).consented for twin in spec.load(Person, ADA).twins)
