"""Who is verified, and who is not."""

from datetime import datetime
from uuid import UUID

import msgspec
import pytest

from domain.assurance import SANDBOX_COUNTRY, Assurance, assurance_of
from domain.engines import EngineEntry
from domain.person import (
    TWINS_MAX,
    VERIFICATIONS_MAX,
    Person,
    VerificationDecision,
    VerificationOutcome,
)
from domain.rating import Rating
from domain.refusals import (
    AlreadyDecided,
    AssuranceTooLow,
    NotFound,
    NotVerified,
    RatingNotAllowed,
    TooManyTwins,
    UnderAge,
)
from tests.domain.aggregate_spec import given
from tests.domain.people import (
    ADULT_WITH_PASSPORT,
    LIGHTHOUSE_JOB,
    MONDAY,
    NEXT_YEAR,
    PHOTOREALISTIC,
    POCKET,
    SANDBOX,
    TUESDAY,
    VERIFICATION,
    named,
    newcomer,
    verified,
)


def at_the_provider() -> Person:
    person = newcomer()
    person.start_verification(VERIFICATION, SANDBOX, at=MONDAY)
    return person


def decided(outcome: VerificationOutcome) -> VerificationDecision:
    return msgspec.structs.replace(ADULT_WITH_PASSPORT, outcome=outcome)


def authorise(person: Person, entry: EngineEntry = POCKET, at: datetime = TUESDAY) -> None:
    person.authorise_generation(
        LIGHTHOUSE_JOB,
        entry=entry,
        rating=Rating.GENERAL,
        jurisdiction="XX",
        policy_version=1,
        at=at,
    )


def test_an_approved_adult_is_verified_until_the_proof_runs_out() -> None:
    person = at_the_provider()
    given(person).when(
        lambda p: p.record_decision(VERIFICATION, ADULT_WITH_PASSPORT, at=MONDAY)
    ).then(Person.Verified)
    assert person.verified_adult(at=TUESDAY)
    assert not person.verified_adult(at=NEXT_YEAR)


def test_the_sandbox_proves_no_country() -> None:
    person = verified()
    assert (person.assurance, person.country) == (Assurance.SANDBOX, SANDBOX_COUNTRY)


def test_a_provider_nobody_listed_proves_no_more_than_the_sandbox() -> None:
    assert assurance_of("a provider of whom nobody heard") is Assurance.SANDBOX


@pytest.mark.parametrize(
    "outcome", [outcome for outcome in VerificationOutcome if outcome != "approved"]
)
def test_every_other_outcome_verifies_nobody(outcome: VerificationOutcome) -> None:
    person = at_the_provider()
    given(person).when(lambda p: p.record_decision(VERIFICATION, decided(outcome), at=MONDAY)).then(
        Person.VerificationDeclined
    )
    assert not person.verified_adult(at=MONDAY)


@pytest.mark.parametrize(
    "decision",
    [
        msgspec.structs.replace(ADULT_WITH_PASSPORT, adult=False),
        msgspec.structs.replace(ADULT_WITH_PASSPORT, adult=None),
        msgspec.structs.replace(ADULT_WITH_PASSPORT, valid_until=None),
        msgspec.structs.replace(ADULT_WITH_PASSPORT, valid_until=MONDAY),
    ],
    ids=["a minor", "no date of birth", "no expiry date", "expired"],
)
def test_an_approval_without_proof_of_age_or_validity_verifies_nobody(
    decision: VerificationDecision,
) -> None:
    person = at_the_provider()
    [declined] = (
        given(person)
        .when(lambda p: p.record_decision(VERIFICATION, decision, at=MONDAY))
        .then(Person.VerificationDeclined)
    )
    assert isinstance(declined, Person.VerificationDeclined)
    assert declined.outcome is VerificationOutcome.DECLINED
    assert not person.verified_adult(at=MONDAY)


def test_a_final_decision_is_final() -> None:
    given(verified()).when(
        lambda p: p.record_decision(VERIFICATION, decided(VerificationOutcome.DECLINED), at=TUESDAY)
    ).then_refused(AlreadyDecided)


def test_after_a_resubmission_the_decision_is_still_open() -> None:
    person = at_the_provider()
    again = decided(VerificationOutcome.RESUBMISSION)
    person.record_decision(VERIFICATION, again, at=MONDAY)
    given(person).when(lambda p: p.record_decision(VERIFICATION, again, at=MONDAY)).then_nothing()
    given(person).when(
        lambda p: p.record_decision(VERIFICATION, ADULT_WITH_PASSPORT, at=MONDAY)
    ).then(Person.Verified)


def test_a_decision_about_a_check_nobody_started_is_not_taken() -> None:
    given(newcomer()).when(
        lambda p: p.record_decision(VERIFICATION, ADULT_WITH_PASSPORT, at=MONDAY)
    ).then_refused(NotFound)


def test_a_declined_second_check_takes_nothing_away() -> None:
    person = verified()
    second = named("a second check")
    person.start_verification(second, SANDBOX, at=TUESDAY)
    person.record_decision(second, decided(VerificationOutcome.DECLINED), at=TUESDAY)
    assert person.verified_adult(at=TUESDAY)


UNDER_AGE = msgspec.structs.replace(ADULT_WITH_PASSPORT, adult=False)


def found_under_age(person: Person, verification: UUID = VERIFICATION) -> Person:
    person.record_decision(verification, UNDER_AGE, at=TUESDAY)
    return person


def test_whoever_was_found_under_age_starts_no_other_check() -> None:
    given(found_under_age(at_the_provider())).when(
        lambda p: p.start_verification(named("another check"), SANDBOX, at=TUESDAY)
    ).then_refused(UnderAge)


def test_a_check_that_runs_already_verifies_nobody_who_was_found_under_age() -> None:
    person = at_the_provider()
    other = named("another check")
    person.start_verification(other, SANDBOX, at=MONDAY)
    found_under_age(person)
    given(person).when(lambda p: p.note_verification_hint(other, at=TUESDAY)).then_nothing()
    given(person).when(
        lambda p: p.record_decision(other, ADULT_WITH_PASSPORT, at=TUESDAY)
    ).then_refused(UnderAge)
    given(person).when(
        lambda p: p.record_decision(VERIFICATION, ADULT_WITH_PASSPORT, at=TUESDAY)
    ).then_refused(AlreadyDecided)
    assert not person.verified_adult(at=TUESDAY)


@pytest.mark.parametrize("outcome", list(VerificationOutcome))
def test_under_age_is_under_age_whatever_else_the_provider_says(
    outcome: VerificationOutcome,
) -> None:
    decision = msgspec.structs.replace(UNDER_AGE, outcome=outcome)
    [declined] = (
        given(at_the_provider())
        .when(lambda p: p.record_decision(VERIFICATION, decision, at=MONDAY))
        .then(Person.VerificationDeclined)
    )
    assert isinstance(declined, Person.VerificationDeclined)
    assert (declined.outcome, declined.under_age) == (VerificationOutcome.DECLINED, True)


@pytest.mark.parametrize("check", [VERIFICATION, named("a second check")])
def test_a_verified_person_who_is_found_under_age_is_verified_no_more(check: UUID) -> None:
    person = verified()
    if check != VERIFICATION:
        person.start_verification(check, SANDBOX, at=TUESDAY)
    found_under_age(person, check)
    assert not person.verified_adult(at=TUESDAY)
    assert (person.assurance, person.country) == (None, None)
    given(person).when(authorise).then_refused(NotVerified)


def test_a_hint_decides_nothing() -> None:
    person = at_the_provider()
    given(person).when(lambda p: p.note_verification_hint(VERIFICATION, at=MONDAY)).then(
        Person.VerificationHinted
    )
    assert not person.verified_adult(at=MONDAY)
    given(verified()).when(
        lambda p: p.note_verification_hint(VERIFICATION, at=MONDAY)
    ).then_nothing()


def test_identity_checks_have_a_limit() -> None:
    person = newcomer()
    for number in range(VERIFICATIONS_MAX):
        person.start_verification(named(f"check {number}"), SANDBOX, at=MONDAY)
    given(person).when(
        lambda p: p.start_verification(VERIFICATION, SANDBOX, at=MONDAY)
    ).then_refused(AlreadyDecided)


def test_a_verified_person_may_ask_for_pictures_without_a_twin() -> None:
    given(verified()).when(authorise).then(Person.GenerationAuthorised)
    given(newcomer()).when(authorise).then_refused(NotVerified)
    given(verified()).when(lambda p: authorise(p, at=NEXT_YEAR)).then_refused(NotVerified)


def test_the_sandbox_is_not_enough_for_photographs() -> None:
    given(verified()).when(lambda p: authorise(p, PHOTOREALISTIC)).then_refused(AssuranceTooLow)


def test_a_rating_the_engine_does_not_have_is_refused() -> None:
    given(verified()).when(
        lambda p: p.authorise_generation(
            LIGHTHOUSE_JOB,
            entry=POCKET,
            rating=Rating.ADULT,
            jurisdiction="XX",
            policy_version=1,
            at=MONDAY,
        )
    ).then_refused(RatingNotAllowed)


def test_a_person_has_a_bounded_number_of_twins_and_each_counts_once() -> None:
    person = verified()
    for number in range(TWINS_MAX):
        person.open_twin(UUID(int=number), at=MONDAY)
        person.open_twin(UUID(int=number), at=MONDAY)
    with pytest.raises(TooManyTwins):
        person.open_twin(UUID(int=TWINS_MAX), at=MONDAY)


def test_a_twin_that_was_set_aside_makes_room_and_counts_again_once_it_is_opened() -> None:
    person = verified()
    first, another = UUID(int=0), UUID(int=TWINS_MAX)
    for number in range(TWINS_MAX):
        person.open_twin(UUID(int=number), at=MONDAY)
    given(person).when(lambda p: p.set_twin_aside(another, at=MONDAY)).then_nothing()
    given(person).when(lambda p: p.set_twin_aside(first, at=MONDAY)).then(Person.TwinSetAside)
    given(person).when(lambda p: p.set_twin_aside(first, at=MONDAY)).then_nothing()
    assert first in person.twins
    given(person).when(lambda p: p.open_twin(another, at=MONDAY)).then(Person.TwinOpened)
    given(person).when(lambda p: p.open_twin(first, at=MONDAY)).then_refused(TooManyTwins)
    person.set_twin_aside(another, at=MONDAY)
    given(person).when(lambda p: p.open_twin(first, at=MONDAY)).then(Person.TwinOpened)
    assert person.twins.count(first) == 1
