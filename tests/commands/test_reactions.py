"""Reactions only decide: one event gets one answer, and doing it again changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args, get_type_hints
from uuid import UUID, uuid5

import msgspec
import pytest

from commands.gallery.carry_out_chunk import CarryOutChunk
from commands.gallery.purge_asset import PurgeAsset
from commands.gallery.purge_trashed import PurgeTrashed
from commands.jobs.cancel_job import CancelJob
from commands.jobs.end_without_source import EndWithoutSource
from commands.jobs.expire_screening import ExpireScreening
from commands.jobs.fail_job import FailJob
from commands.jobs.open_next_attempt import OpenNextAttempt
from commands.jobs.open_next_screening import OpenNextScreening
from commands.jobs.stop_jobs_of_twin import StopJobsOfTwin
from commands.ports.identity_provider import ProviderDecision
from commands.ports.payment_provider import ProviderPayment
from commands.publishing.end_publish_pack import ExpirePublishPack, GiveUpPublishPack
from commands.reactions.deeds import (
    AnnounceForgetting,
    AnnounceStop,
    AnnounceTurn,
    AnnounceWork,
    DeleteObjects,
    FollowPurchase,
    FollowVerification,
    PurgeObject,
    RefetchPayment,
    RefetchVerification,
    WorkKind,
)
from commands.reactions.provider_answers import payment_answer, verification_answer
from commands.reactions.reaction import Intended, Reaction
from commands.reactions.registry import REACTIONS, answers_to
from commands.reactions.wanted_form import (
    WANTED,
    WantedUnreadable,
    decode_wanted,
    encode_wanted,
)
from commands.source_photos.forget_source_photo import ForgetPlannedSource, ForgetUnusedSource
from commands.source_photos.forget_uncovered_sources import ForgetUncoveredSources
from commands.source_photos.give_up_source_photo import GiveUpSourcePhoto
from commands.twin.expire_photo_set import ExpirePhotoSet
from commands.twin.forget_uploads import ForgetUploads
from commands.twin.withdraw_all_consents import WithdrawAllConsents
from commands.twin.withdraw_consent import WithdrawConsent
from commands.wallet.confirm_payment import ConfirmPayment
from commands.wallet.expire_promotion import ExpirePromotion
from commands.wallet.fail_purchase import FailPurchase
from domain.asset import Asset, HiddenBecause
from domain.asset_kind import AssetKind
from domain.bulk_change import BulkChunk
from domain.consent_text import ConsentScope
from domain.job import Job
from domain.job_kind import JobKind
from domain.job_state import AttemptFailure, CancelledBy, JobFailure, JobState
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import asset_id
from domain.kernel.personal_text import Erased, PersonalText
from domain.person import Person, VerificationOutcome
from domain.photo_places import PhotoPlaces
from domain.publish_pack import PackFailure, PackFile, PublishPacks
from domain.publish_preset import PublishPreset
from domain.screening import SCREENING_LIMIT, SCREENINGS_MAX, ScreeningFailure
from domain.source_photo import CleanPhoto, SourceGone, SourcePlaces
from domain.source_photos import SourcePhotos
from domain.twin import Twin
from domain.wallet import Wallet
from domain.wallet_state import Draw, PurchaseFailure
from tests.commands import journey
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, StudioSpec
from tests.domain import lives
from tests.domain.people import LIGHTHOUSE_JOB, named

IT = UUID(int=7)
OTHER = UUID(int=8)
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RETIRED = "an engine that left the catalogue"
NEXT_YEAR = MONDAY + timedelta(days=365)
SOURCE_PLACES = SourcePlaces("uploads/b/", "photos/b/")
SOMEWHERE = PhotoPlaces("uploads/a/", "photos/a/", "templates/a")


def _event(event_class: Callable[..., Aggregate.Event], /, **fields: Any) -> Aggregate.Event:
    return event_class(originator_id=IT, originator_version=3, timestamp=MONDAY, **fields)


def _failed_attempt(attempts_left: int) -> Aggregate.Event:
    return _event(
        Job.AttemptFailed,
        attempt=2,
        claim_id=OTHER,
        reason=AttemptFailure.WORKER_LOST,
        attempts_left=attempts_left,
    )


def _returned(event_class: Callable[..., Aggregate.Event]) -> Aggregate.Event:
    draws = (Draw(OTHER, 2), Draw(IT, 3), Draw(None, 5))
    return _event(event_class, job_id=IT, millicredits=10, draws=draws, postings=())


def _work(
    kind: WorkKind,
    job: UUID,
    attempt: int,
    batch_key: str,
    twin: UUID | None,
    *,
    engine: str = "pocket",
    items: int | None = None,
) -> AnnounceWork:
    return AnnounceWork(kind, job, attempt, engine, batch_key, ADA, twin, items)


def _requested() -> Job.Requested:
    requested, *_ = lives.job_that_was_cancelled_while_it_ran().pending_events
    assert isinstance(requested, Job.Requested)
    return requested


def _failed_screening(screening: int, reason: ScreeningFailure) -> Aggregate.Event:
    return _event(
        Job.ScreeningFailed,
        attempt=2,
        screening=screening,
        claim_id=None,
        reason=reason,
        screenings_left=SCREENINGS_MAX - screening,
    )


def _released(*object_keys: str) -> Aggregate.Event:
    """Ada's output `IT`, whose files lie there."""
    [released] = lives.released_asset(IT).pending_events
    files = tuple(msgspec.structs.replace(lives.SIGNED, object_key=key) for key in object_keys)
    moved: Any = replace(cast(Any, released), renditions=files)
    assert isinstance(moved, Asset.Released)
    return moved


def _delivered(object_key: str) -> Aggregate.Event:
    return _event(
        Twin.AdapterDelivered,
        job_id=OTHER,
        engine="pocket",
        object_key=object_key,
        sha256="5e" * 32,
        size_bytes=1,
        rank=16,
        step=90,
        similarity=0.9,
    )


def _listed() -> Aggregate.Event:
    listed, *_ = lives.chunk_of_a_change_that_passed_two_items_over().pending_events
    assert isinstance(listed, BulkChunk.Listed)
    return listed


def _declined(*, under_age: bool) -> Aggregate.Event:
    return _event(
        Person.VerificationDeclined,
        verification_id=OTHER,
        outcome=VerificationOutcome.DECLINED,
        under_age=under_age,
    )


_WITHOUT_RESULT = [
    DeleteObjects(
        (
            f"quarantine/{IT}/",
            *(f"gallery/{asset_id(IT, item)}/" for item in range(8)),
            *(f"gallery/{ADA}/{asset_id(IT, item)}.png" for item in range(8)),
        )
    )
] * 2
"""At once, and later."""

CASES: list[tuple[Aggregate.Event, list[Any]]] = [
    (
        _event(Twin.ConsentWithdrawn, epoch=4, open_jobs=(OTHER,)),
        [StopJobsOfTwin(IT, (OTHER,)), ForgetUncoveredSources(IT), AnnounceForgetting(IT, 4)],
    ),
    (
        _event(Twin.ConsentWithdrawn, epoch=2, open_jobs=()),
        [ForgetUncoveredSources(IT), AnnounceForgetting(IT, 2)],
    ),
    (
        _event(PublishPacks.Requested, pack_id=OTHER, items=(), presets=()),
        [
            _work(WorkKind.SCREENING, OTHER, 1, "publish-pack", None, engine=""),
            GiveUpPublishPack(OTHER),
        ],
    ),
    (
        _event(
            PublishPacks.Made,
            pack_id=OTHER,
            files=(PackFile(IT, PublishPreset.STORY, "packs/c/1", "5e" * 32, 1, "x", 1, 1),),
        ),
        [
            ExpirePublishPack(OTHER),
            DeleteObjects((f"packs/{IT}/{OTHER}/",), kept=("packs/c/1",)),
        ],
    ),
    (
        _event(
            PublishPacks.Failed, pack_id=OTHER, reason=PackFailure.NOT_MADE, places=("packs/c/",)
        ),
        [DeleteObjects(("packs/c/",), for_good=True)] * 2,
    ),
    (
        _event(PublishPacks.Expired, pack_id=OTHER, places=("packs/c/",)),
        [DeleteObjects(("packs/c/",), for_good=True)] * 2,
    ),
    (
        _event(
            SourcePhotos.Planned,
            photo_id=OTHER,
            twin_id=IT,
            epoch=1,
            engine="pocket",
            size_bytes=1,
            places=SOURCE_PLACES,
        ),
        [ForgetPlannedSource(OTHER)],
    ),
    (
        _event(SourcePhotos.Submitted, photo_id=OTHER, twin_id=IT, engine=RETIRED),
        [
            _work(WorkKind.SCREENING, OTHER, 1, "source-photo", IT, engine=RETIRED),
            GiveUpSourcePhoto(OTHER),
        ],
    ),
    (
        _event(
            SourcePhotos.Accepted,
            photo_id=OTHER,
            clean=CleanPhoto("photos/b/1.png", "5e" * 32, 1, 768, 1024),
            checks=(),
            policy_version=1,
            places=SOURCE_PLACES,
        ),
        [
            DeleteObjects(("uploads/b/",), for_good=True),
            DeleteObjects(("uploads/b/",), for_good=True),
            DeleteObjects(("photos/b/",), kept=("photos/b/1.png",)),
            DeleteObjects(("photos/b/",), kept=("photos/b/1.png",)),
            ForgetUnusedSource(OTHER),
        ],
    ),
    (_event(SourcePhotos.Lent, photo_id=OTHER, job_id=IT), [ForgetUnusedSource(OTHER)]),
    (
        _event(SourcePhotos.Refused, photo_id=OTHER, flaws=(), checks=(), places=SOURCE_PLACES),
        [DeleteObjects(SOURCE_PLACES.all, for_good=True)] * 2,
    ),
    (
        _event(
            SourcePhotos.Deleted,
            photo_id=OTHER,
            because=SourceGone.BY_OWNER,
            places=SOURCE_PLACES,
            lent_to=(IT,),
        ),
        [*[DeleteObjects(SOURCE_PLACES.all, for_good=True)] * 2, EndWithoutSource(IT)],
    ),
    (
        _event(
            Twin.ConsentScopesTakenBack,
            epoch=1,
            versions={ConsentScope.CLIPS: 2},
            open_jobs=(OTHER,),
        ),
        [StopJobsOfTwin(IT, (OTHER,)), ForgetUncoveredSources(IT)],
    ),
    (
        _event(Twin.DeletionRequested, prefixes=("photos/a/", "adapters/a/b.safetensors")),
        [DeleteObjects(("photos/a/", "adapters/a/b.safetensors"), twin_id=IT)],
    ),
    (
        _event(Twin.DeletionRequested, prefixes=("photos/a/1/",), for_good=True),
        [
            DeleteObjects(("photos/a/1/",), twin_id=IT, for_good=True),
            DeleteObjects(("photos/a/1/",), for_good=True),
        ],
    ),
    (
        _event(Twin.PhotosAccepted, submission_id=OTHER, photos=(), analyser="pocket-analyser"),
        [DeleteObjects((f"uploads/{ADA}/{IT}/{OTHER}/",), for_good=True)] * 2,
    ),
    (
        _event(Twin.PhotosAccepted, submission_id=OTHER, photos=(), analyser="a", places=SOMEWHERE),
        [DeleteObjects(("uploads/a/",), for_good=True)] * 2,
    ),
    (
        _event(
            Twin.UploadsPlanned,
            submission_id=OTHER,
            photos=(),
            size_bytes=9,
            epoch=1,
            places=SOMEWHERE,
        ),
        [ForgetUploads(IT, OTHER)],
    ),
    (
        _event(Twin.UploadsForgotten, submission_id=OTHER, places=SOMEWHERE),
        [DeleteObjects(("uploads/a/",), for_good=True)] * 2,
    ),
    (
        _event(Twin.PlacesGaveWay, places=("photos/a/", "adapters/a")),
        [DeleteObjects(("photos/a/", "adapters/a"), for_good=True)],
    ),
    (
        _event(Twin.PhotosRejected, submission_id=OTHER, verdicts=(), set_flaws=()),
        [
            DeleteObjects(
                (
                    f"uploads/{ADA}/{IT}/{OTHER}/",
                    f"photos/{IT}/{OTHER}/",
                    f"templates/{IT}/{OTHER}.json",
                ),
                for_good=True,
            )
        ]
        * 2,
    ),
    (
        _event(
            Twin.PhotosRejected, submission_id=OTHER, verdicts=(), set_flaws=(), places=SOMEWHERE
        ),
        [DeleteObjects(SOMEWHERE.all, for_good=True)] * 2,
    ),
    (_failed_attempt(attempts_left=1), [OpenNextAttempt(IT, attempt=3)]),
    (_failed_attempt(attempts_left=0), [FailJob(IT, JobFailure.ATTEMPTS_EXHAUSTED)]),
    (
        _event(Job.Completed, released=(OTHER,), refused=()),
        [DeleteObjects((f"quarantine/{IT}/",))] * 2,
    ),
    (
        _event(Job.Failed, reason=JobFailure.ATTEMPTS_EXHAUSTED),
        _WITHOUT_RESULT,
    ),
    (
        _event(Job.Failed, reason=JobFailure.DEADLINE_PASSED),
        [AnnounceStop(IT, CancelledBy.OWNER), *_WITHOUT_RESULT],
    ),
    (
        _event(Job.Failed, reason=JobFailure.SOURCE_GONE),
        [AnnounceStop(IT, CancelledBy.OWNER), *_WITHOUT_RESULT],
    ),
    (
        _event(Job.Cancelled, by=CancelledBy.OWNER, state_before=JobState.RENDERED),
        [
            AnnounceStop(IT, CancelledBy.OWNER),
            *[
                DeleteObjects(
                    (
                        f"quarantine/{IT}/",
                        *(f"gallery/{asset_id(IT, item)}/" for item in range(8)),
                        *(f"gallery/{ADA}/{asset_id(IT, item)}.png" for item in range(8)),
                    )
                )
            ]
            * 2,
        ],
    ),
    (_event(Job.TurnTaken, turn=7, of=OTHER), [AnnounceTurn(IT)]),
    (
        _event(Job.ResultDiscarded, attempt=2, claim_id=OTHER),
        [DeleteObjects((f"quarantine/{IT}/2/{OTHER}/",))],
    ),
    (
        _event(Job.ResultDiscarded, attempt=2, claim_id=OTHER, signed=True),
        [
            DeleteObjects(
                (
                    f"quarantine/{IT}/2/{OTHER}/",
                    *(f"gallery/{asset_id(IT, item)}/{OTHER}/" for item in range(8)),
                )
            )
        ],
    ),
    (
        _event(
            Asset.Refused,
            originator_topic="asset",
            owner_id=ADA,
            job_id=OTHER,
            item=0,
            twin_id=None,
            kind=AssetKind.IMAGE,
            reasons=(),
        ),
        [DeleteObjects((f"gallery/{IT}/", f"gallery/{ADA}/{IT}.png"), for_good=True)] * 2,
    ),
    (
        _released(f"gallery/{IT}/{OTHER}/master"),
        [DeleteObjects((f"gallery/{IT}/",), kept=(f"gallery/{IT}/{OTHER}/master",))] * 2,
    ),
    (
        _released(f"gallery/{IT}/{OTHER}/master", f"gallery/{IT}/{OTHER}/poster"),
        [
            DeleteObjects(
                (f"gallery/{IT}/",),
                kept=(f"gallery/{IT}/{OTHER}/master", f"gallery/{IT}/{OTHER}/poster"),
            )
        ]
        * 2,
    ),
    (_released(f"gallery/{ADA}/{IT}.png"), []),
    (
        _delivered(f"adapters/{IT}/1/{OTHER}/{ADA}.safetensors"),
        [
            DeleteObjects(
                (f"adapters/{IT}/1/{OTHER}/",),
                kept=(f"adapters/{IT}/1/{OTHER}/{ADA}.safetensors",),
            )
        ]
        * 2,
    ),
    (_delivered(f"adapters/{IT}/{OTHER}.safetensors"), []),
    (
        _event(Asset.PurgeRequested, object_key="gallery/a.png"),
        [
            PurgeObject(IT, "gallery/a.png"),
            DeleteObjects((f"gallery/{IT}/", f"packs/{IT}/", "gallery/a.png"), for_good=True),
        ],
    ),
    (
        _event(Asset.PurgeRequested, object_key=f"gallery/{IT}/master", lent_to=(OTHER, ADA)),
        [
            PurgeObject(IT, f"gallery/{IT}/master"),
            DeleteObjects(
                (f"gallery/{IT}/", f"packs/{IT}/", f"gallery/{IT}/master"), for_good=True
            ),
            EndWithoutSource(OTHER),
            EndWithoutSource(ADA),
        ],
    ),
    (
        _event(Asset.Hidden, reason=HiddenBecause.REPORTED, lent_to=(OTHER,)),
        [EndWithoutSource(OTHER)],
    ),
    (_event(Asset.Hidden, reason=HiddenBecause.REPORTED), []),
    (
        _event(Person.VerificationHinted, verification_id=OTHER),
        [RefetchVerification(OTHER, since=MONDAY)],
    ),
    (_event(Wallet.PaymentHinted, purchase_id=OTHER), [RefetchPayment(OTHER, since=MONDAY)]),
    (
        _event(Person.VerificationStarted, verification_id=OTHER, provider="sandbox"),
        [FollowVerification(OTHER, since=MONDAY)],
    ),
    (
        _event(
            Wallet.PurchaseStarted,
            purchase_id=OTHER,
            package="starter",
            millicredits=1_000,
            price_minor_units=900,
            currency="EUR",
            provider="sandbox",
        ),
        [FollowPurchase(OTHER, since=MONDAY)],
    ),
    (
        _event(Wallet.PurchaseFailed, purchase_id=OTHER, reason=PurchaseFailure.EXPIRED),
        [RefetchPayment(OTHER, since=MONDAY + timedelta(days=7))],
    ),
    (_event(Wallet.PurchaseFailed, purchase_id=OTHER, reason=PurchaseFailure.DECLINED), []),
    (
        _event(Wallet.Promoted, grant_id=OTHER, millicredits=1, expires_at=NEXT_YEAR, postings=()),
        [ExpirePromotion(OTHER)],
    ),
    (_returned(Wallet.Released), [ExpirePromotion(OTHER), ExpirePromotion(IT)]),
    (_returned(Wallet.Expired), [ExpirePromotion(OTHER), ExpirePromotion(IT)]),
    (
        _requested(),
        [
            _work(WorkKind.IMAGE, LIGHTHOUSE_JOB, 1, _requested().batch_key, None, items=4),
            FailJob(LIGHTHOUSE_JOB, JobFailure.DEADLINE_PASSED),
        ],
    ),
    (
        _event(
            Job.AttemptOpened,
            attempt=2,
            kind=JobKind.TRAINING,
            engine=RETIRED,
            twin_id=OTHER,
            batch_key="as it was",
        ),
        [_work(WorkKind.TRAINING, IT, 2, "as it was", OTHER, engine=RETIRED)],
    ),
    (
        _event(
            Job.Rendered,
            kind=JobKind.IMAGES,
            engine=RETIRED,
            twin_id=OTHER,
            attempt=2,
            claim_id=OTHER,
            outputs=(),
            adapter=None,
        ),
        [
            _work(WorkKind.SCREENING, IT, 2, "outputs", None, engine=""),
        ],
    ),
    (
        _event(Twin.PhotosSubmitted, submission_id=OTHER, engine="pocket", photos=(), epoch=1),
        [_work(WorkKind.SCREENING, OTHER, 1, "photos", IT), ExpirePhotoSet(IT, OTHER)],
    ),
    (
        _event(
            Twin.PhotosSubmitted,
            submission_id=OTHER,
            engine="pocket",
            photos=(),
            epoch=1,
            supersedes=SOMEWHERE,
        ),
        [
            _work(WorkKind.SCREENING, OTHER, 1, "photos", IT),
            *[DeleteObjects(SOMEWHERE.all, for_good=True)] * 2,
            ExpirePhotoSet(IT, OTHER),
        ],
    ),
    (_event(Twin.JobEnded, job_id=OTHER), []),
    (
        _event(Job.ScreeningOpened, attempt=2, screening=3),
        [
            _work(WorkKind.SCREENING, IT, 2, "outputs", None, engine=""),
        ],
    ),
    (
        _event(Job.ScreeningStarted, attempt=2, screening=3),
        [ExpireScreening(IT, attempt=2, screening=3)],
    ),
    (
        _failed_screening(SCREENINGS_MAX - 1, ScreeningFailure.UNAVAILABLE),
        [OpenNextScreening(IT, attempt=2, screening=SCREENINGS_MAX)],
    ),
    (
        _failed_screening(SCREENINGS_MAX, ScreeningFailure.UNAVAILABLE),
        [FailJob(IT, JobFailure.SCREENING_UNAVAILABLE)],
    ),
    (_event(Asset.Trashed, purge_at=NEXT_YEAR), [PurgeTrashed(IT, NEXT_YEAR)]),
    (
        _listed(),
        [CarryOutChunk(_listed().originator_id, named("Ada tidies up"))],
    ),
    (_declined(under_age=False), []),
    (_declined(under_age=True), [WithdrawAllConsents()]),
]


def test_a_screening_is_given_up_when_its_time_is_over() -> None:
    for event in (event for event, _ in CASES if isinstance(event, Job.ScreeningStarted)):
        [due_at] = [
            answer.due_at
            for answer in answers_to(event, ADA)
            if isinstance(answer.wanted, ExpireScreening)
        ]
        assert due_at == MONDAY + SCREENING_LIMIT


def test_a_store_that_is_away_gets_ever_more_time_and_a_stall_was_time_enough() -> None:
    def pauses(reason: ScreeningFailure) -> list[timedelta]:
        events = [_failed_screening(n, reason) for n in range(1, SCREENINGS_MAX)]
        answers = [answer for event in events for answer in answers_to(event, ADA)]
        return [(answer.due_at or MONDAY) - MONDAY for answer in answers]

    after_failures = pauses(ScreeningFailure.UNAVAILABLE)
    assert after_failures == sorted(after_failures)
    assert after_failures[0] < after_failures[-1]
    assert not any(pauses(ScreeningFailure.STALLED))


@pytest.mark.parametrize(("event", "wanted"), CASES, ids=lambda value: type(value).__qualname__)
def test_an_event_gets_its_answers(event: Aggregate.Event, wanted: list[Any]) -> None:
    assert [answer.wanted for answer in answers_to(event, ADA)] == wanted


@pytest.mark.parametrize(("event", "wanted"), CASES, ids=lambda value: type(value).__qualname__)
def test_the_same_event_gets_the_same_answers(event: Aggregate.Event, wanted: list[Any]) -> None:
    assert list(answers_to(event, ADA)) == list(answers_to(event, ADA))


def test_every_reaction_has_a_name_of_its_own() -> None:
    assert len({reaction.name for reaction in REACTIONS}) == len(REACTIONS)


@pytest.mark.parametrize("reaction", REACTIONS, ids=lambda reaction: reaction.name)
def test_every_reaction_is_tried_here(reaction: Reaction) -> None:
    assert any(type(event) is reaction.event_class for event, _ in CASES)


@pytest.mark.parametrize(
    ("reaction", "due_after"),
    [
        ("verification-is-followed", timedelta(minutes=10)),
        ("purchase-is-followed", timedelta(minutes=10)),
        ("expired-purchase-is-looked-at", timedelta(days=7)),
        ("promotion-expires", timedelta(days=365)),
        ("job-has-a-deadline", timedelta(hours=24)),
        ("planned-uploads-are-forgotten", timedelta(hours=1)),
        ("forgotten-uploads-are-deleted", timedelta(hours=1)),
        ("superseded-photos-are-deleted", timedelta(hours=1)),
        ("former-places-are-deleted", timedelta(hours=1)),
        ("deletion-is-carried-out", timedelta(hours=1)),
        ("accepted-photos-clear-uploads", timedelta(hours=1)),
        ("rejected-photos-are-deleted", timedelta(hours=1)),
        ("completed-job-clears-quarantine", timedelta(hours=4)),
        ("photo-set-is-bounded", timedelta(hours=24)),
        ("requested-pack-is-bounded", timedelta(hours=1)),
        ("made-pack-expires", timedelta(hours=24)),
        ("made-pack-clears-others", timedelta(hours=1)),
        ("planned-source-is-forgotten", timedelta(hours=1)),
        ("submitted-source-is-bounded", timedelta(hours=24)),
        ("accepted-source-is-forgotten", timedelta(days=30)),
        ("used-source-is-forgotten", timedelta(days=30)),
        ("accepted-source-clears-copies", timedelta(hours=1)),
        ("purge-is-carried-out", timedelta(hours=1)),
    ],
)
def test_some_answers_are_due_later(reaction: str, due_after: timedelta) -> None:
    due = {
        answer.due_at - event.timestamp
        for event, _ in CASES
        for answer in answers_to(event, ADA)
        if answer.reaction == reaction and answer.due_at is not None
    }
    assert due == {due_after}


@pytest.mark.parametrize(("event", "wanted"), CASES, ids=lambda value: type(value).__qualname__)
def test_whatever_is_wanted_is_stored_and_read_again(
    event: Aggregate.Event, wanted: list[Any]
) -> None:
    assert [decode_wanted(encode_wanted(one)) for one in wanted] == wanted


def test_nothing_that_is_stored_can_hold_personal_text() -> None:
    held = {hint for kind in WANTED.values() for hint in get_type_hints(kind).values()}
    assert held
    assert not [hint for hint in held if {PersonalText, Erased} & {hint, *get_args(hint)}]


def test_a_stored_want_of_another_release_is_read_or_left_alone() -> None:
    assert decode_wanted(
        b'{"name":"fail-job","fields":{"job_id":"00000000-0000-0000-0000-000000000007",'
        b'"reason":"deadline-passed","of_tomorrow":1}}'
    ) == FailJob(IT, JobFailure.DEADLINE_PASSED)
    for unreadable in (
        b'{"name":"of-tomorrow","fields":{}}',
        b'{"name":"fail-job","fields":{}}',
        b"not JSON",
    ):
        with pytest.raises(WantedUnreadable):
            decode_wanted(unreadable)


def test_two_answers_to_one_event_have_two_keys() -> None:
    event = _event(Twin.DeletionRequested, prefixes=("photos/a/",))
    both = Reaction("two-at-once", type(event), lambda *_: (Intended(1, "a"), Intended(2, "b")))
    assert len({answer.key for answer in both.answers(event, ADA)}) == 2


def test_answering_all_events_again_changes_nothing(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    done = spec.does(journey.pictures_of(twin)).job_id
    journey.finished(spec, done)
    cancelled = spec.does(journey.pictures_of(twin)).job_id
    spec.given(CancelJob(cancelled), PurgeAsset(asset_id(done, 0)))
    spec.given(journey.pictures_of(twin), WithdrawConsent(twin))
    react(spec)
    rows = spec.store.rows()
    react(spec)
    assert spec.store.rows() == rows


def test_a_purge_is_carried_out_and_recorded(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    job = spec.does(journey.pictures_of(twin)).job_id
    journey.finished(spec, job)
    picture = asset_id(job, 0)
    [key] = [
        one.master.object_key for one in spec.events(Asset.Released) if one.originator_id == picture
    ]
    spec.given(PurgeAsset(picture))
    assert key in react(spec)
    assert [event.originator_id for event in spec.events(Asset.Purged)] == [picture]


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("paid", ConfirmPayment(IT, "reference", 900, "EUR")),
        ("failed", FailPurchase(IT, PurchaseFailure.DECLINED)),
        ("cancelled", FailPurchase(IT, PurchaseFailure.CANCELLED)),
        ("expired", FailPurchase(IT, PurchaseFailure.EXPIRED)),
        ("open", None),
        ("unknown", None),
        ("a word of tomorrow", None),
    ],
)
def test_a_payment_is_believed_only_in_known_words(status: str, command: Any) -> None:
    answer = payment_answer(IT, ProviderPayment(status, "reference", 900, "EUR"))
    assert (None if answer is None else answer.command) == command


def test_a_paid_payment_without_a_reference_credits_nothing() -> None:
    assert payment_answer(IT, ProviderPayment("paid", None, 900, "EUR")) is None


def test_a_pending_check_waits_and_every_other_outcome_is_recorded() -> None:
    cause = uuid5(IT, "hint")
    assert verification_answer(IT, ProviderDecision("pending"), cause=cause) is None
    declined = verification_answer(IT, ProviderDecision("declined"), cause=cause)
    approved = verification_answer(IT, ProviderDecision("approved", adult=True), cause=cause)
    assert declined is not None
    assert approved is not None
    assert declined.key != approved.key
