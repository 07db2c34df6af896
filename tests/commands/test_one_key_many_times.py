"""Commands are idempotent by a table, not by luck."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest

from adapters.event_store.owner_turns import OwnerTurns
from commands.account.start_verification import StartVerification
from commands.jobs.cancel_job import CancelJob
from commands.jobs.read_prompt import ReadPrompt
from commands.jobs.request_images import RequestImages
from commands.jobs.retry_job import RetryJob
from commands.studio import Handler, Studio, by_command
from commands.twin.create_twin import CreateTwin
from commands.wallet.buy_credits import BuyCredits
from commands.wallet.grant_promotion import GrantPromotion
from commands.work import Work
from domain.kernel.identity import wallet_id
from domain.kernel.personal_text import PersonalText
from domain.refusals import (
    AlreadyDecided,
    AnsweredBefore,
    IdempotencyKeyReused,
    InsufficientCredits,
)
from domain.wallet import Wallet
from tests.commands import journey
from tests.commands.journey import A_LIGHTHOUSE
from tests.commands.studio_spec import ADA, ARGS_SECRET, GRACE, MONDAY, StudioSpec

KEY = uuid5(ADA, "the lighthouse")


@pytest.fixture
def patient() -> StudioSpec:
    """A studio in which one owner's commands may crowd, and wait for their turn."""
    return StudioSpec(OwnerTurns(waiting_max=100, wait_max_s=60.0)).opened()


def test_fifty_threads_with_one_key_make_one_job_and_one_debit(patient: StudioSpec) -> None:
    journey.verified(patient)
    journey.rich(patient)
    before = len(patient.store.rows())
    with ThreadPoolExecutor(50) as threads:
        results = list(
            threads.map(
                lambda _: patient.studio.execute(A_LIGHTHOUSE, owner_id=ADA, key=KEY), range(50)
            )
        )
    assert len(set(map(repr, results))) == 1
    recorded = [row.event_type for row in patient.store.rows(before)]
    assert recorded == ["person.generation-authorised", "wallet.reserved", "job.requested"]


def test_a_hundred_parallel_spends_never_overdraw_the_wallet(patient: StudioSpec) -> None:
    journey.verified(patient)
    journey.rich(patient)
    command = replace(A_LIGHTHOUSE, count=8)
    price = 8 * (50 + 2 * 25)
    affordable = 10_000 // price

    def spend(number: int) -> bool:
        try:
            patient.studio.execute(command, owner_id=ADA, key=uuid5(ADA, f"spend {number}"))
        except InsufficientCredits:
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        spent = list(threads.map(spend, range(100)))
    wallet = patient.load(Wallet, wallet_id(ADA))
    assert spent.count(True) == affordable
    assert wallet.reserved == affordable * price
    assert wallet.available == 10_000 - wallet.reserved >= 0


@pytest.mark.parametrize(
    "other",
    [
        replace(A_LIGHTHOUSE, count=3),
        replace(A_LIGHTHOUSE, prompt=PersonalText("a lighthouse in rain")),
        replace(A_LIGHTHOUSE, seed=7),
    ],
)
def test_a_key_with_other_arguments_is_refused(spec: StudioSpec, other: RequestImages) -> None:
    journey.verified(spec)
    journey.rich(spec)
    spec.does(A_LIGHTHOUSE, key=KEY)
    spec.when(other, key=KEY).then_refused(IdempotencyKeyReused)


def test_two_owners_may_choose_the_same_key(spec: StudioSpec) -> None:
    for owner in (ADA, GRACE):
        journey.verified(spec, owner)
        journey.rich(spec, owner)
    jobs = {spec.does(A_LIGHTHOUSE, owner=owner, key=KEY).job_id for owner in (ADA, GRACE)}
    assert len(jobs) == 2


def test_a_refused_key_may_be_used_again(spec: StudioSpec) -> None:
    journey.verified(spec)
    spec.when(A_LIGHTHOUSE, key=KEY).then_refused(InsufficientCredits)
    journey.rich(spec)
    spec.when(A_LIGHTHOUSE, key=KEY).then(
        "person.generation-authorised", "wallet.reserved", "job.requested"
    )


class AnswerOfAnotherRelease(msgspec.Struct, frozen=True):
    """It names the job otherwise than what is stored here."""

    job: UUID


def _never(command: RequestImages, work: Work) -> AnswerOfAnotherRelease:
    raise AssertionError("it was done already")


@pytest.mark.parametrize("stored", [b'{"job_id": 7}', b"null", b"\xff"])
def test_an_answer_that_another_release_stored_otherwise_says_that_it_was_done(
    spec: StudioSpec, stored: bytes
) -> None:
    with pytest.raises(AnsweredBefore):
        Handler("request-images", _never).recalled(stored)


def test_a_key_repeated_to_a_release_that_cannot_read_its_answer_does_nothing_again(
    spec: StudioSpec,
) -> None:
    journey.verified(spec)
    journey.rich(spec)
    spec.does(A_LIGHTHOUSE, key=KEY)
    stored = spec.store.rows()
    handlers = by_command(Handler("request-images", _never))
    other = Studio(spec.store, handlers, spec.clock, ARGS_SECRET)
    with pytest.raises(AnsweredBefore):
        other.execute(A_LIGHTHOUSE, owner_id=ADA, key=KEY)
    assert spec.store.rows() == stored


def _forget_commands(spec: StudioSpec) -> None:
    """What the sweep does, ninety days later."""
    spec.store._commands.clear()


@pytest.mark.parametrize(
    "command",
    [
        CreateTwin(PersonalText("Ada at work")),
        StartVerification("sandbox"),
        BuyCredits("starter", "sandbox"),
        GrantPromotion(100, MONDAY + timedelta(days=900)),
        A_LIGHTHOUSE,
    ],
    ids=lambda command: type(command).__name__,
)
def test_a_key_that_made_something_makes_nothing_else_once_it_is_forgotten(
    spec: StudioSpec, command: Any
) -> None:
    journey.verified(spec)
    journey.rich(spec)
    spec.does(command, key=KEY)
    spec.clock.pass_by(days=91)
    _forget_commands(spec)
    spec.when(command, key=KEY).then_refused(AlreadyDecided)


def test_a_key_that_opened_a_job_opens_no_other_after_its_end(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    training = journey.training_of(twin)
    first = spec.does(training, key=KEY).job_id
    spec.given(CancelJob(first))
    again, retry_key = RetryJob(first, 1, "XX"), uuid5(ADA, "try again")
    second = spec.does(again, key=retry_key).job_id
    spec.given(CancelJob(second))
    _forget_commands(spec)
    spec.when(training, key=KEY).then_refused(AlreadyDecided)
    spec.when(again, key=retry_key).then_refused(AlreadyDecided)


def test_a_lost_acknowledgement_is_settled_by_the_table(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    spec.store.lose_acknowledgements(1)
    spec.when(A_LIGHTHOUSE, key=KEY).then(
        "person.generation-authorised", "wallet.reserved", "job.requested"
    )
    assert spec.load(Wallet, wallet_id(ADA)).reserved == spec.result.quoted_millicredits


def test_no_personal_text_stands_in_what_is_stored(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    spec.does(A_LIGHTHOUSE, key=KEY)
    assert not any(b"lighthouse" in row.data for row in spec.store.rows())
    with spec.store.transaction(ADA) as transaction:
        recorded = transaction.recorded(KEY)
    assert recorded is not None
    assert b"lighthouse" not in recorded.result + recorded.args_hmac


def test_a_question_is_never_executed(spec: StudioSpec) -> None:
    with pytest.raises(TypeError):
        spec.does(ReadPrompt(UUID(int=1), 1, UUID(int=2)))
