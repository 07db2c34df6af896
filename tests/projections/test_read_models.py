"""Every read model after the events it folds. `Folded` shows each batch of facts twice."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest
from psycopg.rows import dict_row

from domain.events import STORED_FORM
from domain.job_state import AttemptFailure, CancelledBy, JobFailure
from domain.kernel.identity import SYSTEM, wallet_id
from domain.kernel.personal_text import PersonalText
from domain.object_keys import epoch_prefixes
from domain.person import Person, VerificationDecision, VerificationOutcome
from domain.photo_set import PhotoFlaw, PhotoVerdict, SetFlaw
from domain.price_list import DEFAULT_PACKAGES
from domain.time_limits import UPLOADS_OPEN_MAX
from domain.twin_consent import OFFERED_ANYWHERE
from domain.wallet import Wallet
from domain.wallet_state import PurchaseFailure
from projections.projector import Projector
from projections.registry import READ_MODELS
from tests.domain.people import thumbnails_of
from tests.projections.studio_history import (
    ADA,
    GRACE,
    NEXT_YEAR,
    POCKET,
    StudioHistory,
    a_whole_journey,
)


class Folded:
    """A history and the read models made of it."""

    def __init__(self, url: str) -> None:
        self.history = StudioHistory()
        self.url = url
        self._seen = 0
        self.projector = Projector(self.connect, STORED_FORM, self.history.keys)

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)

    def rows(self, table: str, owner_id: UUID = ADA) -> list[dict[str, Any]]:
        """Rows of one owner after everything so far, which is folded twice."""
        news = self.history.facts[self._seen :]
        self._seen = len(self.history.facts)
        assert self.projector.apply(news) == ()
        once = self._read(table, owner_id)
        self.projector.apply(news)
        assert self._read(table, owner_id) == once
        return once

    def row(self, table: str, owner_id: UUID = ADA) -> dict[str, Any]:
        [row] = self.rows(table, owner_id)
        return row

    def _read(self, table: str, owner_id: UUID) -> list[dict[str, Any]]:
        with (
            self.connect() as connection,
            connection.transaction(),
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            cursor.execute("SET LOCAL ROLE projector")
            cursor.execute(
                f"SELECT * FROM views.{table} WHERE owner_id = %s ORDER BY 1, 2, 3, 4".encode(),
                (owner_id,),
            )
            return cursor.fetchall()


@pytest.fixture
def folded(database: str) -> Folded:
    return Folded(database)


def some(row: dict[str, Any], *names: str) -> Sequence[Any]:
    return [row[name] for name in names]


def test_every_event_type_is_folded_or_said_to_be_of_no_interest() -> None:
    of_no_interest = {
        # Hints and authorisations are questions and permissions between the parts of the studio.
        "person.verification-hinted",
        "person.generation-authorised",
        # Twins show themselves; these only count them.
        "person.twin-opened",
        "person.twin-set-aside",
        "twin.generation-authorised",
        "wallet.payment-hinted",
        # Read models show what is there, and this says that something is not.
        "job.result-discarded",
        # The new job says which one it does again.
        "job.retried",
        # What lies in the object store is shown by what it became.
        "twin.places-gave-way",
        # A job that is being screened, for the first time or the third, is rendered.
        "job.screening-started",
        "job.screening-failed",
        "job.screening-opened",
        # A change is counted as it is carried out; which items it takes is no news.
        "bulk-chunk.listed",
        # A gallery without a label shows nothing.
        "gallery.opened",
        # The job says what it begins with.
        "asset.lent",
        "source-photos.lent",
        # Without a photo it shows nothing.
        "source-photos.opened",
        "publish-packs.opened",
        # A price list or policy without a version shows nothing.
        "price-list.opened",
        "policy.opened",
    }
    folded_types = {name for model in READ_MODELS for name in model.event_types}
    assert folded_types | of_no_interest == set(STORED_FORM.event_types)
    assert not folded_types & of_no_interest


def test_an_account_shows_how_its_identity_check_went(folded: Folded) -> None:
    folded.history.verified_person(ADA)
    row = folded.row("account")
    assert some(row, "verification", "assurance", "country") == ["verified", "sandbox", "XX"]
    assert row["valid_until"] == NEXT_YEAR
    check = folded.row("verifications")
    assert some(check, "state", "outcome", "provider") == ["verified", "approved", "sandbox"]


@pytest.mark.parametrize(
    ("outcome", "account", "check"),
    [
        (VerificationOutcome.DECLINED, "declined", "declined"),
        (VerificationOutcome.EXPIRED, "declined", "declined"),
        (VerificationOutcome.RESUBMISSION, "pending", "started"),
        (VerificationOutcome.UNKNOWN, "pending", "started"),
    ],
)
def test_only_an_approval_verifies_an_account(
    folded: Folded, outcome: VerificationOutcome, account: str, check: str
) -> None:
    person = Person.register(ADA, at=folded.history.now)
    person.start_verification(GRACE, "sandbox", at=folded.history.now)
    person.record_decision(GRACE, VerificationDecision(outcome), at=folded.history.now)
    folded.history.save(ADA, person)
    assert some(folded.row("account"), "verification", "outcome") == [account, outcome.value]
    assert folded.row("verifications")["state"] == check


def test_a_new_check_does_not_take_a_verification_away(folded: Folded) -> None:
    person = folded.history.verified_person(ADA)
    person.start_verification(GRACE, "sandbox", at=folded.history.now)
    decision = VerificationDecision(VerificationOutcome.DECLINED)
    person.record_decision(GRACE, decision, at=folded.history.now)
    folded.history.save(ADA, person)
    assert folded.row("account")["verification"] == "verified"


@pytest.mark.parametrize("later_check", [False, True], ids=["by this check", "by an earlier one"])
def test_whoever_is_found_under_age_is_verified_no_more(
    folded: Folded, *, later_check: bool
) -> None:
    person = folded.history.verified_person(ADA)
    person.start_verification(GRACE, "sandbox", at=folded.history.now)
    if later_check:
        person.start_verification(ADA, "sandbox", at=folded.history.now)
    decision = VerificationDecision(VerificationOutcome.APPROVED, adult=False)
    person.record_decision(GRACE, decision, at=folded.history.now)
    folded.history.save(ADA, person)
    row = folded.row("account")
    assert some(row, "verification", "assurance", "country", "valid_until") == [
        "declined",
        None,
        None,
        None,
    ]


def test_a_twin_is_ready_for_training_once_its_photos_are_accepted(folded: Folded) -> None:
    person = folded.history.verified_person(ADA)
    folded.history.twin_with_photos(person, "Countess")
    row = folded.row("twins")
    assert some(row, "name", "state", "photos_state", "photo_count") == [
        "Countess",
        "photos-accepted",
        "accepted",
        12,
    ]
    assert row["consent_scope"] == [scope.value for scope in OFFERED_ANYWHERE]
    photos = folded.rows("twin_photos")
    assert [photo["state"] for photo in photos] == ["accepted"] * 12
    assert sorted(photo["ordinal"] for photo in photos) == list(range(12))


def test_a_rejected_set_says_what_is_wrong_with_which_photo(folded: Folded) -> None:
    history = folded.history
    person = history.verified_person(ADA)
    twin = history.twin_with_photos(person, "Countess")
    photos = [uuid5(twin.id, f"second {number}") for number in range(10)]
    twin.plan_uploads(GRACE, person=person, photo_ids=photos, size_bytes=9, at=history.now)
    twin.submit_photos(GRACE, person=person, entry=POCKET, photo_ids=photos, at=history.now)
    verdicts = [PhotoVerdict(photo) for photo in photos[1:]]
    verdicts.append(PhotoVerdict(photos[0], (PhotoFlaw.NO_FACE, PhotoFlaw.BLURRED)))
    flaws = (SetFlaw.NOT_ONE_PERSON,)
    twin.record_photo_verdicts(GRACE, verdicts, flaws, "sandbox-1", at=history.now)
    history.save(ADA, twin)
    row = folded.row("twins")
    # The set accepted before can still be learnt from.
    assert some(row, "state", "photos_state") == ["photos-accepted", "rejected"]
    assert row["set_flaws"] == ["not-one-person"]
    rejected = {p["photo_id"]: p["flaws"] for p in folded.rows("twin_photos") if p["flaws"]}
    assert rejected == {photos[0]: ["no-face", "blurred"]}


def test_a_twin_shows_which_good_photos_wait_for_its_next_set(folded: Folded) -> None:
    history = folded.history
    person = history.verified_person(ADA)
    twin = history.twin_with_photos(person, "Countess")
    assert folded.row("twins")["kept_photos"] == []
    photos = [uuid5(twin.id, f"second {number}") for number in range(10)]

    def refused(submission: UUID, flaw: PhotoFlaw) -> None:
        twin.plan_uploads(submission, person=person, photo_ids=photos, size_bytes=9, at=history.now)
        twin.submit_photos(
            submission, person=person, entry=POCKET, photo_ids=photos, at=history.now
        )
        verdicts = [PhotoVerdict(photos[0], (flaw,)), *map(PhotoVerdict, photos[1:])]
        twin.record_photo_verdicts(submission, verdicts, (), "sandbox-1", at=history.now)
        history.save(ADA, twin)

    refused(GRACE, PhotoFlaw.BLURRED)
    assert folded.row("twins")["kept_photos"] == photos[1:]
    twin.forget_kept_photos(GRACE, at=history.now)
    history.save(ADA, twin)
    assert folded.row("twins")["kept_photos"] == []
    refused(uuid5(GRACE, "third"), PhotoFlaw.BLURRED)
    twin.withdraw_consent(at=history.now)
    history.save(ADA, twin)
    assert folded.row("twins")["kept_photos"] == []


def test_a_twin_shows_which_sets_may_be_uploaded_and_until_when(folded: Folded) -> None:
    history = folded.history
    person = history.verified_person(ADA)
    twin = history.twin_with_photos(person, "Countess")
    assert some(folded.row("twins"), "open_uploads", "open_uploads_until") == [[], []]
    first, second, third = (uuid5(twin.id, f"open {number}") for number in range(3))
    photos = [uuid5(first, str(number)) for number in range(12)]
    until = []
    for submission in (first, second, third):
        until.append(history.now + UPLOADS_OPEN_MAX)
        twin.plan_uploads(submission, person=person, photo_ids=photos, size_bytes=9, at=history.now)
        history.save(ADA, twin)
    row = folded.row("twins")
    assert some(row, "open_uploads", "open_uploads_until") == [[first, second, third], until]
    twin.forget_uploads(second, at=history.now)
    history.save(ADA, twin)
    row = folded.row("twins")
    assert some(row, "open_uploads", "open_uploads_until") == [[first, third], [until[0], until[2]]]
    twin.submit_photos(third, person=person, entry=POCKET, photo_ids=photos, at=history.now)
    history.save(ADA, twin)
    assert some(folded.row("twins"), "open_uploads", "open_uploads_until") == [[first], until[:1]]
    twin.withdraw_consent(at=history.now)
    history.save(ADA, twin)
    assert some(folded.row("twins"), "open_uploads", "open_uploads_until") == [[], []]


def test_a_trained_twin_has_an_adapter_and_samples(folded: Folded) -> None:
    history = folded.history
    person = history.verified_person(ADA)
    wallet = history.wallet_with_credits(ADA)
    twin = history.twin_with_photos(person, "Countess")
    job = history.requested_training(person, twin, wallet)
    assert folded.row("twins")["state"] == "training"
    history.finished(job, twin, wallet)
    row = folded.row("twins")
    assert some(row, "state", "trained_engines", "training_job_id") == ["trained", ["pocket"], None]
    adapter = folded.row("twin_adapters")
    assert some(adapter, "engine", "job_id", "rank", "similarity") == ["pocket", job.id, 16, 0.91]
    assert [asset["kind"] for asset in folded.rows("assets")] == ["sample"] * 3


def test_withdrawal_takes_photos_and_adapter_out_of_sight(folded: Folded) -> None:
    history = a_whole_journey(ADA, folded.history)
    twin = history.twin(uuid5(ADA, "twin Countess"))
    twin.withdraw_consent(at=history.now)
    history.save(ADA, twin)
    row = folded.row("twins")
    assert some(row, "state", "consent_epoch", "consent_scope", "trained_engines") == [
        "consent-withdrawn",
        2,
        [],
        [],
    ]
    assert row["prefixes_to_delete"] == list(epoch_prefixes(ADA, twin.id, 1))
    assert folded.rows("twin_adapters") == []
    assert {photo["state"] for photo in folded.rows("twin_photos")} == {"withdrawn"}
    twin.record_deletion(epoch_prefixes(ADA, twin.id, 1)[:3], 30, at=history.now)
    history.save(ADA, twin)
    assert folded.row("twins")["prefixes_to_delete"] == [epoch_prefixes(ADA, twin.id, 1)[3]]


def test_a_job_shows_what_was_asked_and_what_it_cost(folded: Folded) -> None:
    history = folded.history
    person = history.verified_person(ADA)
    wallet = history.wallet_with_credits(ADA)
    job = history.requested_pictures(person, None, wallet, "a lighthouse in fog")
    row = folded.row("jobs")
    assert some(row, "state", "kind", "prompt", "negative_prompt", "item_count") == [
        "requested",
        "images",
        "a lighthouse in fog",
        "rain",
        4,
    ]
    assert row["settings"]["style"] == "neon"
    history.finished(job, None, wallet, refused=1)
    row = folded.row("jobs")
    assert some(row, "state", "quoted_millicredits", "captured_millicredits") == [
        "completed",
        400,
        300,
    ]
    assert row["released_millicredits"] == 100
    assert row["ended_at"] > row["started_at"] > row["requested_at"]
    items = folded.rows("job_items")
    assert [item["state"] for item in items] == ["released"] * 3 + ["refused"]
    assert "face_count:failed" in items[3]["reasons"]
    assert [asset["prompt"] for asset in folded.rows("assets")] == ["a lighthouse in fog"] * 3


def test_a_failed_attempt_waits_for_the_next_and_the_last_one_says_why(folded: Folded) -> None:
    history = folded.history
    person = history.verified_person(ADA)
    wallet = history.wallet_with_credits(ADA)
    job = history.requested_pictures(person, None, wallet, "a lighthouse in fog")
    claim = history.started(job)
    job.record_attempt_failed(1, claim, AttemptFailure.WORKER_LOST, at=history.now)
    history.save(ADA, job)
    assert some(folded.row("jobs"), "state", "failure_reason") == ["requested", "worker-lost"]
    job.open_attempt(2, at=history.now)
    history.save(ADA, job)
    claim = history.started(job)
    row = folded.row("jobs")
    assert some(row, "state", "attempt", "failure_reason") == ["started", 2, None]
    job.record_attempt_failed(2, claim, AttemptFailure.OUT_OF_MEMORY, at=history.now)
    job.fail(JobFailure.ATTEMPTS_EXHAUSTED, at=history.now)
    wallet.expire_reservation(job.id, at=history.now)
    history.save(ADA, job, wallet)
    row = folded.row("jobs")
    assert some(row, "state", "failure_reason") == ["failed", "out-of-memory"]
    assert some(row, "captured_millicredits", "released_millicredits") == [0, 400]


def test_a_cancelled_job_shows_who_stopped_it_and_the_share_it_cost(folded: Folded) -> None:
    history = folded.history
    person = history.verified_person(ADA)
    wallet = history.wallet_with_credits(ADA)
    job = history.requested_pictures(person, None, wallet, "a lighthouse in fog")
    history.started(job)
    job.cancel(CancelledBy.OWNER, at=history.now)
    wallet.settle(job.id, job.charge_millicredits, at=history.now)
    history.save(ADA, job, wallet)
    row = folded.row("jobs")
    assert some(row, "state", "cancelled_by") == ["cancelled", "owner"]
    assert some(row, "captured_millicredits", "released_millicredits") == [100, 300]


def test_a_picture_is_favoured_reported_and_purged(folded: Folded) -> None:
    history = folded.history
    person = history.verified_person(ADA)
    wallet = history.wallet_with_credits(ADA)
    job = history.requested_pictures(person, None, wallet, "a lighthouse in fog", count=1)
    history.finished(job, None, wallet)
    asset = history.asset(job.items[0].asset_id)
    asset.set_favourite(at=history.now)
    asset.report(at=history.now)
    history.save(ADA, asset)
    row = folded.row("assets")
    assert some(row, "favourite", "state", "hidden_reason") == [True, "hidden", "reported"]
    asset.unset_favourite(at=history.now)
    history.save(ADA, asset)
    assert not folded.row("assets")["favourite"]
    asset.request_purge(at=history.now)
    history.save(ADA, asset)
    assert folded.row("assets")["state"] == "purge-requested"
    asset.record_purged(at=history.now)
    history.save(ADA, asset)
    assert folded.row("assets")["state"] == "purged"


def test_thumbnails_stand_beside_a_picture_and_its_blur_goes_when_it_is_purged(
    folded: Folded,
) -> None:
    history = folded.history
    person = history.verified_person(ADA)
    wallet = history.wallet_with_credits(ADA)
    job = history.requested_pictures(person, None, wallet, "a lighthouse in fog", count=1)
    history.finished(job, None, wallet)
    asset = history.asset(job.items[0].asset_id)
    row = folded.row("assets")
    assert (len(row["renditions"]), row["placeholder"]) == (1, None)
    asset.add_thumbnails(thumbnails_of(), PersonalText("1QcSHQ"), None, at=history.now)
    history.save(ADA, asset)
    row = folded.row("assets")
    assert row["placeholder"] == "1QcSHQ"
    roles = [one["role"] for one in row["renditions"]]
    assert roles == ["master", "thumbnail-256", "thumbnail-512"]
    assert row["renditions"][1]["width"] == 256
    asset.request_purge(at=history.now)
    history.save(ADA, asset)
    assert folded.row("assets")["placeholder"] is None


def test_a_blur_is_gone_with_its_owners_key(folded: Folded) -> None:
    history = folded.history
    person = history.verified_person(ADA)
    wallet = history.wallet_with_credits(ADA)
    job = history.requested_pictures(person, None, wallet, "a lighthouse in fog", count=1)
    history.finished(job, None, wallet)
    asset = history.asset(job.items[0].asset_id)
    asset.add_thumbnails(thumbnails_of(), PersonalText("1QcSHQ"), None, at=history.now)
    history.save(ADA, asset)
    assert b"1QcSHQ" not in b"".join(fact.data for fact in history.facts)
    history.keys.destroy(ADA)
    assert folded.row("assets")["placeholder"] is None


def test_the_statement_carries_the_balances_after_every_entry(folded: Folded) -> None:
    history = a_whole_journey(ADA, folded.history)
    entries = folded.rows("statement")
    assert [entry["entry"] for entry in entries] == [
        "wallet.credited",
        "wallet.promoted",
        "wallet.reserved",
        "wallet.captured",
        "wallet.reserved",
        "wallet.captured",
        "wallet.released",
    ]
    available = reserved = spent = 0
    for entry in entries:
        assert sum(posting["millicredits"] for posting in entry["postings"]) == 0
        available += entry["available_change"]
        reserved += entry["reserved_change"]
        spent += entry["spent_change"]
        assert some(entry, "available", "reserved", "spent") == [available, reserved, spent]
    balance = folded.row("balances")
    assert some(balance, "available", "reserved", "spent") == [5_200, 0, 5_300]
    assert balance["position"] == entries[-1]["position"]
    assert history.facts[entries[-1]["position"] - 1].event_type == "wallet.released"


def test_an_expired_promotion_leaves_the_balance(folded: Folded) -> None:
    wallet = folded.history.wallet_with_credits(ADA)
    after = folded.history.now + timedelta(days=31)
    wallet.expire_promotion(uuid5(ADA, "welcome"), at=after)
    folded.history.save(ADA, wallet)
    assert folded.row("balances")["available"] == 10_000


def test_a_purchase_is_started_failed_and_still_paid(folded: Folded) -> None:
    history = folded.history
    wallet = Wallet.open(wallet_id(ADA), owner_id=ADA, at=history.now)
    package = DEFAULT_PACKAGES[0]
    wallet.start_purchase(GRACE, package, "sandbox", at=history.now)
    history.save(ADA, wallet)
    assert some(folded.row("purchases"), "state", "ended_at") == ["started", None]
    wallet.fail_purchase(GRACE, PurchaseFailure.DECLINED, at=history.now)
    history.save(ADA, wallet)
    assert some(folded.row("purchases"), "state", "failure_reason") == ["failed", "declined"]
    wallet.confirm_purchase(
        GRACE, "pay-1", package.price_minor_units, package.currency, at=history.now
    )
    history.save(ADA, wallet)
    row = folded.row("purchases")
    assert some(row, "state", "failure_reason", "millicredits") == ["credited", None, 10_000]


def test_prices_and_policy_are_kept_version_by_version(folded: Folded) -> None:
    folded.history.opened_studio()
    prices = folded.row("price_lists", SYSTEM)
    assert prices["version"] == 1
    assert prices["packages"][0]["id"] == "starter"
    policy = folded.row("policies", SYSTEM)
    assert policy["rows"][0]["engine"] == "pocket"
    assert "approvers" not in policy


def test_the_feed_tells_each_change_once_and_without_any_text(folded: Folded) -> None:
    history = a_whole_journey(ADA, folded.history)
    feed = folded.rows("feed")
    assert len({(delta["position"], delta["ordinal"]) for delta in feed}) == len(feed)
    told = {(delta["topic"], delta["payload"]["event"]) for delta in feed}
    assert {
        ("jobs", "job.requested"),
        ("jobs", "wallet.captured"),
        ("wallet", "wallet.captured"),
        ("gallery", "asset.released"),
        ("twins", "twin.adapter-delivered"),
    } <= told
    assert "lighthouse" not in str(feed)
    assert "Countess" not in str(feed)
    last_of_wallet = [delta for delta in feed if delta["topic"] == "wallet"][-1]
    assert last_of_wallet["payload"]["available"] == 5_200
    assert all(history.facts[d["position"] - 1].event_type == d["payload"]["event"] for d in feed)


def test_erased_text_is_absent(folded: Folded) -> None:
    history = folded.history
    person = history.verified_person(ADA)
    wallet = history.wallet_with_credits(ADA)
    history.requested_pictures(person, None, wallet, "a lighthouse in fog")
    history.keys.destroy(ADA)
    assert some(folded.row("jobs"), "prompt", "negative_prompt") == [None, None]


def test_a_clip_stands_in_the_gallery_with_all_of_its_files_and_where_it_comes_from(
    folded: Folded,
) -> None:
    told = folded.history
    told.opened_studio()
    person, wallet = told.verified_person(ADA), told.wallet_with_credits(ADA)
    twin = told.twin_with_photos(person, "Countess")
    told.finished(told.requested_training(person, twin, wallet), twin, wallet)
    pictures = told.requested_pictures(person, twin, wallet, "a lighthouse in fog", count=1)
    told.finished(pictures, twin, wallet)
    source = told.asset(pictures.items[0].asset_id)
    clips = told.requested_clips(person, twin, wallet, "a keeper nods", source=source)
    told.finished(clips, twin, wallet)

    [*_, job] = sorted(folded.rows("jobs"), key=lambda row: row["requested_position"])
    assert (job["kind"], job["source_asset_id"]) == ("video", source.id)
    assert job["settings"]["motion"] == "nod"
    assert [one["strength"] for one in job["inputs"]] == [0.5]
    [clip] = [row for row in folded.rows("assets") if row["kind"] == "video"]
    assert (clip["source_asset_id"], clip["duration_ms"]) == (source.id, 4_000)
    assert clip["media_type"] == "video/mp4"
    roles = [one["role"] for one in clip["renditions"]]
    assert roles == ["master", "preview", "gif", "poster"]
    assert clip["object_key"] == clip["renditions"][0]["object_key"]
    assert clip["likeness"] == [0.93, 0.9, 0.88, 0.86]
    [picture] = [row for row in folded.rows("assets") if row["asset_id"] == source.id]
    assert [one["role"] for one in picture["renditions"]] == ["master"]
    assert (picture["duration_ms"], picture["likeness"]) == (None, [])
