"""Whatever is wrong with a request is said by type, and charges nothing."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from commands.gallery.set_favourite import SetFavourite
from commands.jobs.cancel_job import CancelJob
from commands.jobs.request_images import RequestImages
from commands.jobs.retry_job import RetryJob
from commands.jobs.start_twin_training import StartTwinTraining
from commands.twin.withdraw_consent import WithdrawConsent
from domain.consent_text import ConsentScope
from domain.kernel.identity import asset_id, wallet_id
from domain.kernel.personal_text import PersonalText
from domain.kernel.refusal import Refusal
from domain.rating import Rating
from domain.refusals import (
    AspectRatioUnsupported,
    ConsentMissing,
    CountOutOfRange,
    EngineUnavailable,
    InsufficientCredits,
    JurisdictionNotAllowed,
    NegativePromptUnsupported,
    NotFound,
    NotVerified,
    PhotosNotAccepted,
    PriceListOutdated,
    PromptEmpty,
    PromptHasTooManyWords,
    PromptNotAllowed,
    PromptTooLong,
    PromptWeightsUnsupported,
    RatingNotAllowed,
    SettingOutOfRange,
    TwinBusy,
    TwinNotTrained,
    UnknownEngine,
    UnknownStyle,
)
from domain.wallet import Wallet
from tests.commands import journey
from tests.commands.journey import A_LIGHTHOUSE
from tests.commands.studio_spec import ADA, GRACE, StudioSpec


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (replace(A_LIGHTHOUSE, style="baroque"), UnknownStyle),
        (replace(A_LIGHTHOUSE, aspect_ratio="21:9"), AspectRatioUnsupported),
        (replace(A_LIGHTHOUSE, prompt=PersonalText("fog " * 76)), PromptTooLong),
        (replace(A_LIGHTHOUSE, prompt=PersonalText("fog " * 39)), PromptHasTooManyWords),
        (
            replace(A_LIGHTHOUSE, prompt=PersonalText("fog " * 37), style="film"),
            PromptHasTooManyWords,
        ),
        (replace(A_LIGHTHOUSE, negative_prompt=PersonalText("fog " * 39)), PromptHasTooManyWords),
        (replace(A_LIGHTHOUSE, prompt=PersonalText("a (red:1.3) top")), PromptWeightsUnsupported),
        (replace(A_LIGHTHOUSE, negative_prompt=PersonalText("(fog:2)")), PromptWeightsUnsupported),
        (replace(A_LIGHTHOUSE, prompt=PersonalText("  ")), PromptEmpty),
        (replace(A_LIGHTHOUSE, prompt=PersonalText("a child at sea")), PromptNotAllowed),
        (replace(A_LIGHTHOUSE, negative_prompt=PersonalText("adult")), PromptNotAllowed),
        (
            replace(A_LIGHTHOUSE, negative_prompt=PersonalText("rain"), guidance_scale=1.0),
            NegativePromptUnsupported,
        ),
        (replace(A_LIGHTHOUSE, num_inference_steps=51), SettingOutOfRange),
        (replace(A_LIGHTHOUSE, guidance_scale=float("nan")), SettingOutOfRange),
        (replace(A_LIGHTHOUSE, twin_strength=1.6), SettingOutOfRange),
        (replace(A_LIGHTHOUSE, seed=-1), SettingOutOfRange),
        (replace(A_LIGHTHOUSE, count=0), CountOutOfRange),
        (replace(A_LIGHTHOUSE, count=9), CountOutOfRange),
        (replace(A_LIGHTHOUSE, engine="pinhole"), UnknownEngine),
        (replace(A_LIGHTHOUSE, engine="stable-diffusion-1.5"), EngineUnavailable),
        (replace(A_LIGHTHOUSE, rating_cap=Rating.SUGGESTIVE), RatingNotAllowed),
        (replace(A_LIGHTHOUSE, rating_cap=Rating.ADULT), RatingNotAllowed),
        (replace(A_LIGHTHOUSE, session_jurisdiction="DE"), JurisdictionNotAllowed),
        (replace(A_LIGHTHOUSE, session_jurisdiction=""), JurisdictionNotAllowed),
        (replace(A_LIGHTHOUSE, price_version=7), PriceListOutdated),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(
    spec: StudioSpec, request_: RequestImages, refusal: type[Refusal]
) -> None:
    journey.verified(spec)
    journey.rich(spec)
    spec.when(request_).then_refused(refusal)


def test_a_refusal_never_repeats_the_prompt(spec: StudioSpec) -> None:
    journey.verified(spec)
    spec.when(replace(A_LIGHTHOUSE, prompt=PersonalText("a child at sea")))
    spec.then_refused(PromptNotAllowed)
    assert "child" not in spec.refusal.message
    assert "child" not in repr(replace(A_LIGHTHOUSE, prompt=PersonalText("a child at sea")))


def test_nobody_unverified_gets_a_picture(spec: StudioSpec) -> None:
    journey.registered(spec)
    journey.rich(spec)
    spec.when(A_LIGHTHOUSE).then_refused(NotVerified)


def test_nobody_whose_proof_of_age_ran_out_gets_a_picture(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    spec.clock.pass_by(days=366)
    spec.when(A_LIGHTHOUSE).then_refused(NotVerified)


def test_a_balance_short_by_one_millicredit_is_refused(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    price = 50 + 2 * 25
    _spend_down_to(spec, price - 1)
    spec.when(replace(A_LIGHTHOUSE, count=1)).then_refused(
        InsufficientCredits, needed=price, available=price - 1
    )


def test_a_balance_that_is_exact_is_enough(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    _spend_down_to(spec, 50 + 2 * 25)
    spec.when(replace(A_LIGHTHOUSE, count=1)).then(
        "person.generation-authorised", "wallet.reserved", "job.requested"
    )
    assert spec.load(Wallet, wallet_id(ADA)).available == 0


def test_a_twin_without_accepted_photos_is_not_trained(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    twin = journey.twin_with_consent(spec)
    journey.photos_submitted(spec, twin)
    spec.when(journey.training_of(twin)).then_refused(PhotosNotAccepted)


def test_a_twin_that_is_being_trained_is_busy(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    spec.given(journey.training_of(twin))
    spec.when(journey.training_of(twin)).then_refused(TwinBusy)


def test_a_twin_without_an_adapter_is_not_drawn(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    spec.when(journey.pictures_of(twin)).then_refused(TwinNotTrained)


def test_consent_to_training_alone_is_no_consent_to_pictures(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    twin = journey.twin_with_consent(spec, scope=(ConsentScope.TRAINING,))
    spec.when(journey.pictures_of(twin)).then_refused(ConsentMissing)


def test_without_consent_nothing_of_a_trained_twin_is_made(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    spec.given(WithdrawConsent(twin))
    spec.when(journey.pictures_of(twin)).then_refused(ConsentMissing)
    spec.when(journey.training_of(twin)).then_refused(ConsentMissing)


def test_what_belongs_to_somebody_else_looks_like_what_does_not_exist(spec: StudioSpec) -> None:
    hers = journey.trained_twin(spec, GRACE)
    job = spec.does(journey.pictures_of(hers), owner=GRACE).job_id
    journey.finished(spec, job, GRACE)
    journey.verified(spec)
    journey.rich(spec)
    nowhere = UUID(int=1)

    for command in _commands_about(hers, job, asset_id(job, 0)):
        spec.when(command).then_refused(NotFound)
        foreign = (type(spec.refusal), spec.refusal.message)
        absent = type(command)(**{**vars(command), _id_field(command): nowhere})
        spec.when(absent).then_refused(NotFound)
        assert (type(spec.refusal), spec.refusal.message) == foreign


def _commands_about(twin: UUID, job: UUID, asset: UUID) -> list[Any]:
    return [
        StartTwinTraining(twin, "pocket", price_version=1, session_jurisdiction="XX"),
        journey.pictures_of(twin),
        WithdrawConsent(twin),
        CancelJob(job),
        RetryJob(job, price_version=1, session_jurisdiction="XX"),
        SetFavourite(asset),
    ]


def _id_field(command: Any) -> str:
    return next(name for name in ("twin_id", "job_id", "asset_id") if name in vars(command))


def _spend_down_to(spec: StudioSpec, millicredits: int) -> None:
    """Reserve all but `millicredits`, in steps of what pictures cost."""
    wallet = spec.load(Wallet, wallet_id(ADA))
    wallet.reserve(UUID(int=2), wallet.available - millicredits, at=spec.clock())
    spec.store_events(wallet)
