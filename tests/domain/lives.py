"""One or more lives of every aggregate, which together decide every event there is."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

import msgspec

from domain.asked_settings import AskedClips
from domain.asset import Asset, RefusalReason, Why
from domain.asset_kind import AssetKind
from domain.bulk_change import BulkChange, BulkChunk, GalleryChange
from domain.checks import CheckVerdict, ItemVerdict
from domain.consent_scopes import ConsentInForce
from domain.consent_text import CONSENT, ConsentScope
from domain.gallery import Gallery, LabelKind
from domain.job import Job
from domain.job_kind import JobKind
from domain.job_state import AttemptFailure, CancelledBy, JobFailure
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import asset_id
from domain.kernel.personal_text import PersonalText
from domain.person import Person, VerificationDecision, VerificationOutcome
from domain.photo_set import PhotoFlaw, PhotoVerdict, SetFlaw
from domain.policy import DEFAULT_ROWS, Policy
from domain.price_list import DEFAULT_ENTRIES, PriceList
from domain.publish_pack import PackFile, PackItem, PublishPacks
from domain.publish_preset import PublishPreset
from domain.rating import Rating
from domain.release import release
from domain.rendition import Rendition, RenditionRole
from domain.screening import ScreeningFailure
from domain.screening_profile import ScreeningProfile
from domain.source_photo import SourceFlaw
from domain.source_photos import SourcePhotos
from domain.time_limits import TRASH_KEPT_MAX
from domain.twin import Twin
from domain.video_settings import resolve_video
from domain.wallet import Wallet
from domain.wallet_state import PurchaseFailure
from tests.domain.people import (
    ADA,
    ADAPTER,
    ADAS_TWIN,
    CLAIM,
    GRACE,
    LIGHTHOUSE_JOB,
    MONDAY,
    NEXT_YEAR,
    NODDING_JOB,
    OTHER_CLAIM,
    POCKET,
    SANDBOX,
    STARTER,
    TRAINING_JOB,
    TUESDAY,
    TWELVE_PHOTOS,
    clip_files,
    four_images,
    image_job,
    learning_twin,
    named,
    outputs_of,
    passed,
    plan,
    rendered,
    started,
    submitted_twin,
    thumbnails_of,
    trained_twin,
    training_job,
    verified,
    video_job,
    wallet_of,
)
from tests.domain.photos_to_begin_with import LANTERN, accepted_photo
from tests.domain.photos_to_begin_with import plan as plan_photo

HARBOURS = named("Ada's harbours")
LATER = TUESDAY + timedelta(hours=5, microseconds=250)

BLUR = "1QcSHQRnh493V4dIh4eXh1h4kJUI"

SIGNED = Rendition(
    RenditionRole.MASTER,
    object_key="gallery/ada/0.png",
    sha256="5e" * 32,
    size_bytes=11_000,
    width=512,
    height=512,
    media_type="image/png",
)


def person_who_was_verified_at_the_second_try() -> Person:
    person = verified()
    again = named("Ada's passport renewed")
    person.start_verification(again, SANDBOX, at=TUESDAY)
    person.note_verification_hint(again, at=TUESDAY)
    person.record_decision(again, VerificationDecision(VerificationOutcome.EXPIRED), at=TUESDAY)
    person.authorise_generation(
        LIGHTHOUSE_JOB,
        entry=POCKET,
        rating=Rating.GENERAL,
        jurisdiction="XX",
        policy_version=1,
        at=LATER,
    )
    person.open_twin(ADAS_TWIN, at=TUESDAY)
    return person


def person_who_consents_to_a_twin_again() -> Person:
    person = verified()
    person.open_twin(ADAS_TWIN, at=TUESDAY)
    person.set_twin_aside(ADAS_TWIN, at=TUESDAY)
    person.open_twin(ADAS_TWIN, at=LATER)
    return person


def person_who_was_found_under_age() -> Person:
    person = verified()
    again = named("Ada's passport renewed")
    person.start_verification(again, SANDBOX, at=TUESDAY)
    person.record_decision(
        again, VerificationDecision(VerificationOutcome.APPROVED, adult=False), at=TUESDAY
    )
    return person


def twin_that_was_drawn_and_withdrawn() -> Twin:
    twin = trained_twin()
    twin.authorise_generation(
        LIGHTHOUSE_JOB,
        person=verified(),
        entry=POCKET,
        kind=JobKind.IMAGES,
        rating=Rating.GENERAL,
        jurisdiction="XX",
        policy_version=1,
        at=TUESDAY,
    )
    twin.withdraw_consent(at=TUESDAY)
    twin.end_job(LIGHTHOUSE_JOB, at=LATER)
    twin.record_deletion(twin.to_delete, 14, at=LATER)
    return twin


def twin_whose_scopes_came_and_went() -> Twin:
    twin = trained_twin()
    twin.authorise_generation(
        LIGHTHOUSE_JOB,
        person=verified(),
        entry=POCKET,
        kind=JobKind.VIDEO,
        rating=Rating.GENERAL,
        jurisdiction="XX",
        policy_version=1,
        at=TUESDAY,
    )
    clips = (ConsentScope.CLIPS,)
    twin.take_back_consent_scopes(clips, at=TUESDAY)
    twin.end_job(LIGHTHOUSE_JOB, at=TUESDAY)
    twin.add_consent_scopes(verified(), CONSENT.sha256, clips, at=LATER)
    twin.take_back_consent_scopes((ConsentScope.TRAINING,), at=LATER)
    return twin


def twin_whose_photos_were_rejected() -> Twin:
    twin = submitted_twin()
    blurred = PhotoVerdict(TWELVE_PHOTOS[3], (PhotoFlaw.BLURRED, PhotoFlaw.TOO_DARK))
    twin.record_photo_verdicts(
        named("twelve photos of Ada"), (blurred,), (SetFlaw.NOT_ONE_PERSON,), "analyser", at=LATER
    )
    return twin


def twin_that_was_trained_again() -> Twin:
    twin = trained_twin()
    for name in ("given up", "superseded", "accepted"):
        photos = tuple(named(f"{name} {number}") for number in range(10))
        plan(twin, named(name), photos, at=TUESDAY)
    twin.forget_uploads(named("given up"), at=TUESDAY)
    for name in ("superseded", "accepted"):
        photos = tuple(named(f"{name} {number}") for number in range(10))
        twin.submit_photos(
            named(name), person=verified(), entry=POCKET, photo_ids=photos, at=TUESDAY
        )
    good = [PhotoVerdict(photo) for photo in photos]
    twin.record_photo_verdicts(named("accepted"), good, (), "analyser", at=LATER)
    job = named("Ada's second training")
    twin.authorise_training(job, person=verified(), entry=POCKET, policy_version=1, at=LATER)
    twin.deliver_adapter(job, 1, ADAPTER, at=LATER)
    twin.end_job(job, at=LATER)
    twin.withdraw_consent(at=LATER)
    return twin


def twin_that_is_drawn_by_an_earlier_checkpoint() -> Twin:
    twin = learning_twin()
    earlier = msgspec.structs.replace(
        ADAPTER, object_key="adapters/ada-60.safetensors", step=60, similarity=0.7
    )
    twin.deliver_adapter(TRAINING_JOB, 1, ADAPTER, checkpoints=[earlier], at=TUESDAY)
    twin.end_job(TRAINING_JOB, at=TUESDAY)
    twin.choose_checkpoint(verified(), "pocket", 60, at=LATER)
    return twin


def training_with_an_earlier_checkpoint() -> Job:
    job = training_job()
    job.start(1, CLAIM, "worker-1", LATER, at=MONDAY)
    earlier = msgspec.structs.replace(ADAPTER, object_key="quarantine/60", step=60)
    job.record_rendered(1, CLAIM, outputs_of(job), ADAPTER, checkpoints=[earlier], at=TUESDAY)
    return job


def wallet_that_saw_everything() -> Wallet:
    wallet = wallet_of(5_000)
    unpaid = named("unpaid purchase")
    wallet.start_purchase(unpaid, STARTER, SANDBOX, at=MONDAY)
    wallet.note_payment_hint(unpaid, at=MONDAY)
    wallet.fail_purchase(unpaid, PurchaseFailure.EXPIRED, at=MONDAY)
    wallet.grant_promotion(named("welcome"), 300, TUESDAY, at=MONDAY)
    wallet.grant_promotion(named("spring"), 200, NEXT_YEAR, at=MONDAY)
    wallet.reserve(LIGHTHOUSE_JOB, 450, at=MONDAY)
    wallet.settle(LIGHTHOUSE_JOB, 350, at=MONDAY)
    wallet.reserve(named("a late job"), 500, at=MONDAY)
    wallet.expire_reservation(named("a late job"), at=LATER)
    wallet.grant_promotion(named("a day's credits"), 10, TUESDAY, at=MONDAY)
    wallet.expire_promotion(named("a day's credits"), at=LATER)
    return wallet


def job_that_completed_at_the_second_attempt() -> Job:
    job = started(image_job())
    job.record_attempt_failed(1, CLAIM, AttemptFailure.OUT_OF_MEMORY, at=MONDAY)
    job.open_attempt(2, at=MONDAY)
    job.start(2, CLAIM, "worker-2", LATER, at=TUESDAY)
    job.record_rendered(2, CLAIM, outputs_of(job), None, at=TUESDAY)
    verdict = CheckVerdict("identity", passed=True, model="identity-1", score=0.8)
    job.record_screened(2, [ItemVerdict(0, (verdict,))], at=TUESDAY)
    fates = [item.asset_id for item in job.items]
    job.complete(fates[:3], fates[3:], at=LATER)
    return job


def job_that_was_moved_up_and_tried_again() -> Job:
    job = image_job()
    job.take_turn(7, named("another job"), at=MONDAY)
    job = started(job)
    job.record_attempt_failed(1, CLAIM, AttemptFailure.OUT_OF_MEMORY, at=MONDAY)
    job.open_attempt(2, at=MONDAY)
    return job


def job_that_was_screened_at_the_third_try() -> Job:
    job = rendered(image_job())
    job.record_screening_failed(1, 1, ScreeningFailure.UNAVAILABLE, claim_id=OTHER_CLAIM, at=MONDAY)
    job.open_screening(1, 2, at=TUESDAY)
    job.record_screening_failed(1, 2, ScreeningFailure.STALLED, at=TUESDAY)
    job.open_screening(1, 3, at=TUESDAY)
    job.record_screened(1, (), screening=3, at=LATER)
    job.complete([item.asset_id for item in job.items], (), at=LATER)
    return job


def job_whose_screener_had_begun() -> Job:
    job = rendered(image_job())
    job.start_screening(1, 1, at=TUESDAY)
    job.record_screening_failed(1, 1, ScreeningFailure.STALLED, at=LATER)
    return job


def job_that_nobody_could_screen() -> Job:
    job = rendered(image_job())
    job.record_screening_failed(1, 1, ScreeningFailure.STALLED, at=TUESDAY)
    job.fail(JobFailure.SCREENING_UNAVAILABLE, at=LATER)
    return job


def job_that_was_done_again() -> Job:
    job = image_job()
    job.cancel(CancelledBy.OWNER, at=TUESDAY)
    job.retry(named("a lighthouse in fog, again"), at=LATER)
    return job


def training_that_failed_after_it_was_rendered() -> Job:
    job = rendered(training_job())
    job.fail(JobFailure.ADAPTER_REFUSED, at=LATER)
    return job


def job_that_was_cancelled_while_it_ran() -> Job:
    job = started(image_job(twin_id=None))
    job.cancel(CancelledBy.OWNER, at=TUESDAY)
    job.discard_result(1, CLAIM, at=LATER)
    return job


def released_asset(
    id: UUID | None = None,
    thumbnails: tuple[Rendition, ...] = (),
    placeholder: PersonalText | None = None,
) -> Asset:
    """The first picture of a lighthouse in fog."""
    row = DEFAULT_ROWS[0]
    return release(
        id or asset_id(LIGHTHOUSE_JOB, 0),
        owner_id=ADA,
        job_id=LIGHTHOUSE_JOB,
        item=0,
        settings=four_images(),
        engine=POCKET.id,
        rating=Rating.GENERAL,
        seed=7,
        twin_id=ADAS_TWIN,
        twin=trained_twin(),
        epoch=1,
        scopes={ConsentScope.PICTURES: 1},
        row=row,
        policy_version=1,
        checks=[passed(check) for check in row.checks],
        renditions=(SIGNED, *thumbnails),
        placeholder=placeholder,
        at=MONDAY,
    )


def picture_with_thumbnails_and_a_blur() -> Asset:
    return released_asset(thumbnails=thumbnails_of(), placeholder=PersonalText(BLUR))


def picture_that_got_thumbnails_later() -> Asset:
    asset = released_asset()
    consent = ConsentInForce(1, {ConsentScope.PICTURES: 1})
    asset.add_thumbnails(thumbnails_of(), PersonalText(BLUR), consent, at=TUESDAY)
    return asset


def picture_that_was_lent_and_purged() -> Asset:
    asset = released_asset()
    asset.lend(NODDING_JOB, at=MONDAY)
    asset.lend(named("Ada blinks in fog"), at=LATER)
    asset.request_purge(at=LATER)
    return asset


def video_job_whose_picture_was_purged() -> Job:
    job = video_job()
    job.fail(JobFailure.SOURCE_GONE, at=LATER)
    return job


def clip_that_was_cut_and_released() -> Asset:
    """Four seconds were asked for; in the last one Ada was not herself any more."""
    row = next(one for one in DEFAULT_ROWS if one.screening is ScreeningProfile.CLIPS)
    return release(
        asset_id(NODDING_JOB, 0),
        owner_id=ADA,
        job_id=NODDING_JOB,
        item=0,
        settings=resolve_video(POCKET, AskedClips(duration_s=4, motion="nod")),
        engine=POCKET.id,
        rating=Rating.GENERAL,
        seed=7,
        twin_id=ADAS_TWIN,
        twin=trained_twin(),
        epoch=1,
        scopes={ConsentScope.CLIPS: 1},
        row=row,
        policy_version=1,
        checks=[passed(check) for check in row.checks],
        renditions=clip_files(duration_ms=3_250),
        likeness=(0.93, 0.9, 0.88, 0.86),
        at=MONDAY,
    )


def video_job_that_delivered_three_seconds_of_four() -> Job:
    job = rendered(video_job())
    job.record_screened(1, (), at=TUESDAY)
    first, second = (item.asset_id for item in job.items)
    job.complete([first], [second], delivered_ms=[3_000], at=LATER)
    return job


def asset_that_was_kept_reported_and_purged() -> Asset:
    asset = released_asset()
    asset.set_favourite(at=MONDAY)
    asset.unset_favourite(at=MONDAY)
    asset.keep(ConsentInForce(2, {ConsentScope.PICTURES: 1}), at=TUESDAY)
    asset.report(at=TUESDAY)
    asset.request_purge(at=LATER)
    asset.record_purged(at=LATER)
    return asset


def picture_that_rests_on_a_scope() -> Asset:
    return released_asset()


def refused_asset() -> Asset:
    return Asset.refuse(
        asset_id(LIGHTHOUSE_JOB, 1),
        owner_id=ADA,
        job_id=LIGHTHOUSE_JOB,
        item=1,
        twin_id=None,
        kind=AssetKind.SAMPLE,
        reasons=(RefusalReason("identity", Why.FAILED), RefusalReason("release", Why.NO_POLICY)),
        at=MONDAY,
    )


def price_list_with_two_versions() -> PriceList:
    prices = PriceList.open(at=MONDAY)
    prices.publish(1, DEFAULT_ENTRIES, MONDAY, at=MONDAY)
    prices.publish(2, DEFAULT_ENTRIES[:2], TUESDAY, at=MONDAY)
    return prices


def policy_with_the_rows_that_ship() -> Policy:
    policy = Policy.open(at=MONDAY)
    policy.publish(1, DEFAULT_ROWS, (GRACE,), at=MONDAY)
    return policy


def picture_that_was_labelled_and_thrown_away_twice() -> Asset:
    asset = released_asset()
    asset.label(HARBOURS, at=MONDAY)
    asset.label(named("Ada's winter"), at=MONDAY)
    asset.unlabel(HARBOURS, at=TUESDAY)
    asset.trash(at=TUESDAY)
    asset.restore(at=TUESDAY)
    asset.trash(at=TUESDAY)
    asset.empty_trash(TUESDAY + TRASH_KEPT_MAX, at=TUESDAY + TRASH_KEPT_MAX)
    return asset


def gallery_that_was_put_in_order() -> Gallery:
    gallery = Gallery.open(ADA, at=MONDAY)
    fog, winter = named("Ada's fog"), named("Ada's winter")
    name = PersonalText("Harbours")
    tag, collection = LabelKind.TAG, LabelKind.COLLECTION
    gallery.create_label(HARBOURS, kind=tag, name=name, private=False, at=MONDAY)
    gallery.create_label(fog, kind=collection, name=name, private=True, at=MONDAY)
    gallery.create_label(winter, kind=collection, name=name, private=False, at=MONDAY)
    gallery.rename_label(fog, PersonalText("Fog"), at=TUESDAY)
    gallery.close_collection(winter, at=TUESDAY)
    gallery.open_collection(fog, at=TUESDAY)
    gallery.delete_label(HARBOURS, at=LATER)
    return gallery


def change_of_many_items_that_was_undone() -> BulkChange:
    change, _ = _three_hundred_labelled()
    change.undo(by=named("Ada's regret"), at=LATER)
    return change


def chunk_of_a_change_that_passed_two_items_over() -> BulkChunk:
    _, (_, last) = _three_hundred_labelled()
    last.carry_out(last.asset_ids[2:], at=TUESDAY)
    return last


def _three_hundred_labelled() -> tuple[BulkChange, tuple[BulkChunk, ...]]:
    return BulkChange.request(
        named("Ada tidies up"),
        owner_id=ADA,
        change=GalleryChange.LABEL,
        label_id=HARBOURS,
        asset_ids=[asset_id(LIGHTHOUSE_JOB, item) for item in range(300)],
        as_of=4_711,
        undoes=None,
        at=TUESDAY,
    )


def photos_that_something_began_with() -> SourcePhotos:
    twin = trained_twin()
    photos = accepted_photo(twin)
    photos.lend(LANTERN, LIGHTHOUSE_JOB, at=TUESDAY)
    blurred, late = named("Ada in a storm"), named("Ada, too late")
    plan_photo(photos, blurred, twin)
    photos.submit(blurred, at=TUESDAY)
    photos.record_judged(
        blurred,
        twin=twin,
        row=None,
        policy_version=1,
        flaw=SourceFlaw.UNREADABLE,
        checks=(),
        clean=None,
        at=TUESDAY,
    )
    plan_photo(photos, late, twin)
    photos.forget_planned(late, at=LATER)
    photos.delete(LANTERN, at=LATER)
    return photos


def packs_that_were_made_given_up_and_forgotten() -> PublishPacks:
    packs = PublishPacks.open(ADA, at=MONDAY)
    made, late = named("Ada's pack"), named("Ada's other pack")
    asset = asset_id(LIGHTHOUSE_JOB, 0)
    item = PackItem(asset, "gallery/ada/0.png", "5e" * 32)
    clip = PackItem(asset_id(NODDING_JOB, 0), "gallery/ada/0.mp4", "6f" * 32, 4_000)
    presets = (PublishPreset.SQUARE, PublishPreset.ORIGINAL)
    packs.request(made, items=[item, clip], presets=presets, at=MONDAY)
    file = PackFile(
        asset, PublishPreset.SQUARE, "packs/ada/1", "ab" * 32, 90_000, "image/jpeg", 1080, 1080
    )
    packs.record_made(made, [file], at=TUESDAY)
    packs.request(late, items=[item], presets=presets, at=TUESDAY)
    packs.give_up(late, at=LATER)
    packs.expire(made, at=LATER)
    return packs


LIVES: Mapping[str, Callable[[], Aggregate]] = {
    life.__name__.replace("_", "-"): life
    for life in (
        person_who_was_verified_at_the_second_try,
        person_who_consents_to_a_twin_again,
        person_who_was_found_under_age,
        twin_that_was_drawn_and_withdrawn,
        twin_whose_scopes_came_and_went,
        twin_whose_photos_were_rejected,
        twin_that_was_trained_again,
        twin_that_is_drawn_by_an_earlier_checkpoint,
        training_with_an_earlier_checkpoint,
        wallet_that_saw_everything,
        job_that_completed_at_the_second_attempt,
        job_that_was_moved_up_and_tried_again,
        job_that_was_screened_at_the_third_try,
        job_whose_screener_had_begun,
        job_that_nobody_could_screen,
        job_that_was_done_again,
        training_that_failed_after_it_was_rendered,
        job_that_was_cancelled_while_it_ran,
        asset_that_was_kept_reported_and_purged,
        picture_that_rests_on_a_scope,
        picture_with_thumbnails_and_a_blur,
        picture_that_got_thumbnails_later,
        refused_asset,
        clip_that_was_cut_and_released,
        picture_that_was_lent_and_purged,
        video_job_whose_picture_was_purged,
        video_job_that_delivered_three_seconds_of_four,
        price_list_with_two_versions,
        policy_with_the_rows_that_ship,
        picture_that_was_labelled_and_thrown_away_twice,
        gallery_that_was_put_in_order,
        change_of_many_items_that_was_undone,
        chunk_of_a_change_that_passed_two_items_over,
        photos_that_something_began_with,
        packs_that_were_made_given_up_and_forgotten,
    )
}
