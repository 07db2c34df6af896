"""Tags, collections, the trash, and changes of many items that can be undone."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest

from commands.gallery.carry_out_chunk import CarryOutChunk
from commands.gallery.change_assets import ChangeAssets
from commands.gallery.close_collection import CloseCollection
from commands.gallery.create_label import CreateLabel
from commands.gallery.delete_label import DeleteLabel
from commands.gallery.open_collection import OpenCollection
from commands.gallery.purge_asset import PurgeAsset
from commands.gallery.purge_trashed import PurgeTrashed
from commands.gallery.rename_label import RenameLabel
from commands.gallery.set_favourite import SetFavourite
from commands.gallery.undo_change import UndoChange
from commands.twin.withdraw_consent import WithdrawConsent
from domain.asset import Asset
from domain.asset_order import ASSET_LABELS_MAX
from domain.bulk_change import (
    BULK_ITEMS_MAX,
    CHANGED_AT_ONCE_MAX,
    CHUNK_ITEMS_MAX,
    BulkChange,
    BulkChunk,
    GalleryChange,
)
from domain.gallery import LABEL_NAME_LENGTH_MAX, LABELS_MAX, Gallery, LabelKind
from domain.kernel.identity import SYSTEM, asset_id, bulk_chunk_id, gallery_id
from domain.kernel.personal_text import PersonalText
from domain.refusals import (
    AlreadyDecided,
    AssetNotAvailable,
    ChangeNotUndoable,
    IdempotencyKeyReused,
    LabelNameInvalid,
    NotFound,
    TooManyItems,
    TooManyLabels,
    UndoTooLate,
)
from domain.time_limits import TRASH_KEPT_MAX, UNDO_MAX
from tests.commands import journey
from tests.commands.studio_spec import ADA, GRACE, StudioSpec
from tests.domain.lives import released_asset
from tests.reactor.reactor_spec import ReactorSpec

FOG = PersonalText("fog")


@pytest.fixture
def studio(tmp_path: Path) -> ReactorSpec:
    """Open, with its reactor."""
    return ReactorSpec(tmp_path).opened()


@pytest.fixture
def pictures(studio: ReactorSpec) -> list[UUID]:
    """Four of Ada's twin."""
    twin = journey.trained_twin(studio)
    job = studio.does(journey.pictures_of(twin, count=4)).job_id
    journey.finished(studio, job)
    return [asset_id(job, item) for item in range(4)]


def label(spec: StudioSpec, kind: LabelKind = LabelKind.TAG, name: str = "Fog") -> UUID:
    found: UUID = spec.does(CreateLabel(kind, PersonalText(name))).label_id
    return found


def many_pictures(spec: StudioSpec, count: int) -> list[UUID]:
    """More than are changed at once, straight into the store."""
    ids = [uuid5(SYSTEM, f"picture {number}") for number in range(count)]
    for one in ids:
        spec.store_events(released_asset(one))
    return ids


def assets(spec: StudioSpec, ids: list[UUID]) -> list[Any]:
    return [spec.load(Asset, one) for one in ids]


@pytest.mark.parametrize(
    "name",
    [
        "",
        " fog",
        "f" * (LABEL_NAME_LENGTH_MAX + 1),
        "fog\nbank",
        "fog\N{LINE SEPARATOR}bank",
        "\N{RIGHT-TO-LEFT OVERRIDE}gof",
        "\N{ZERO WIDTH SPACE}",
        "\N{ZERO WIDTH JOINER}",
        "fog\N{ZERO WIDTH NO-BREAK SPACE}",
        "\N{COMBINING ACUTE ACCENT}",
        "\N{BRAILLE PATTERN BLANK}",
        "\N{HANGUL FILLER}",
    ],
)
def test_a_name_that_no_line_holds_is_refused(studio: ReactorSpec, name: str) -> None:
    create = CreateLabel(LabelKind.TAG, PersonalText(name))
    studio.when(create).then_refused(LabelNameInvalid, limit=LABEL_NAME_LENGTH_MAX)
    tag = label(studio)
    studio.when(RenameLabel(tag, PersonalText(name))).then_refused(LabelNameInvalid)


@pytest.mark.parametrize(
    "name",
    [
        "Nebel an der K\N{LATIN SMALL LETTER U WITH DIAERESIS}ste",
        "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}",
        "\N{DEVANAGARI LETTER KA}\N{DEVANAGARI SIGN VIRAMA}\N{ZERO WIDTH JOINER}"
        "\N{DEVANAGARI LETTER SSA}",
        "\N{ARABIC LETTER FEH}\N{ARABIC LETTER JEEM}",
        "#1",
    ],
)
def test_a_name_in_any_script_is_a_name(studio: ReactorSpec, name: str) -> None:
    studio.when(CreateLabel(LabelKind.TAG, PersonalText(name)))
    assert studio.result.label_id


def test_there_are_only_so_many_collections(studio: ReactorSpec) -> None:
    gallery = Gallery.open(ADA, at=studio.clock.at)
    for number in range(LABELS_MAX[LabelKind.COLLECTION]):
        gallery.create_label(
            UUID(int=number),
            kind=LabelKind.COLLECTION,
            name=FOG,
            private=False,
            at=studio.clock.at,
        )
    studio.store_events(gallery)
    studio.when(CreateLabel(LabelKind.COLLECTION, FOG)).then_refused(TooManyLabels, maximum=200)
    studio.when(CreateLabel(LabelKind.TAG, FOG)).then("gallery.label-created")


def test_a_tag_is_never_private(studio: ReactorSpec) -> None:
    tag = studio.does(CreateLabel(LabelKind.TAG, FOG, private=True)).label_id
    assert studio.load(Gallery, gallery_id(ADA)).private == set()
    studio.when(CloseCollection(tag)).then_refused(NotFound)


def test_a_collection_is_closed_and_opened_again(studio: ReactorSpec) -> None:
    fog = label(studio, LabelKind.COLLECTION)
    studio.when(CloseCollection(fog)).then("gallery.collection-closed")
    studio.when(CloseCollection(fog)).then()
    studio.when(OpenCollection(fog)).then("gallery.collection-opened")
    studio.when(OpenCollection(fog)).then()


@pytest.mark.parametrize(
    "command",
    [
        lambda it: RenameLabel(it, FOG),
        DeleteLabel,
        CloseCollection,
        OpenCollection,
        lambda it: ChangeAssets(GalleryChange.LABEL, it),
    ],
)
def test_anothers_label_is_one_that_does_not_exist(studio: ReactorSpec, command: Any) -> None:
    fog = label(studio, LabelKind.COLLECTION)
    studio.does(CreateLabel(LabelKind.TAG, FOG), owner=GRACE)
    studio.when(command(fog), owner=GRACE).then_refused(NotFound)
    studio.when(command(UUID(int=9)), owner=GRACE).then_refused(NotFound)


def test_a_deleted_label_is_not_there_and_its_items_stay(
    studio: ReactorSpec, pictures: list[UUID]
) -> None:
    fog = label(studio)
    studio.does(ChangeAssets(GalleryChange.LABEL, fog, tuple(pictures)))
    studio.when(DeleteLabel(fog)).then("gallery.label-deleted")
    studio.when(DeleteLabel(fog)).then_refused(NotFound)
    assert not any(one.purge_requested for one in assets(studio, pictures))


def test_labels_that_were_deleted_leave_room_for_others(
    studio: ReactorSpec, pictures: list[UUID]
) -> None:
    for number in range(ASSET_LABELS_MAX):
        tag = label(studio, name=f"fog {number}")
        studio.does(ChangeAssets(GalleryChange.LABEL, tag, (pictures[0],)))
    over = label(studio, name="one too many")
    begun = ChangeAssets(GalleryChange.LABEL, over, (pictures[0], pictures[1]))
    studio.does(begun)
    assert [over in one.labels for one in assets(studio, pictures[:2])] == [False, True]
    studio.does(DeleteLabel(tag))
    studio.does(begun)
    assert over in studio.load(Asset, pictures[0]).labels


def test_a_few_items_are_changed_in_one_save(studio: ReactorSpec, pictures: list[UUID]) -> None:
    change = ChangeAssets(GalleryChange.FAVOURITE, None, tuple(pictures[:2]))
    studio.when(change).then(
        "bulk-change.requested",
        "bulk-chunk.listed",
        "bulk-chunk.carried-out",
        "asset.favourited",
        "asset.favourited",
    )
    studio.settles()
    assert [one.favourite for one in assets(studio, pictures)] == [True, True, False, False]


def test_the_same_change_under_another_key_changes_nothing(
    studio: ReactorSpec, pictures: list[UUID]
) -> None:
    change = ChangeAssets(GalleryChange.TRASH, None, tuple(pictures))
    studio.does(change)
    studio.when(change)
    done = studio.events(BulkChunk.CarriedOut)[-1]
    assert (done.changed, done.passed_over) == ((), 4)


def test_an_id_that_is_not_there_refuses_the_whole_change(
    studio: ReactorSpec, pictures: list[UUID]
) -> None:
    for absent in (UUID(int=9), gallery_id(ADA)):
        ids = (pictures[0], absent)
        studio.when(ChangeAssets(GalleryChange.TRASH, None, ids)).then_refused(NotFound)
    studio.when(ChangeAssets(GalleryChange.TRASH, None, tuple(pictures)), owner=GRACE).then_refused(
        NotFound
    )
    too_many = tuple(UUID(int=number) for number in range(CHANGED_AT_ONCE_MAX + 1))
    studio.when(ChangeAssets(GalleryChange.TRASH, None, too_many)).then_refused(TooManyItems)


def test_a_filter_may_find_only_so_many(studio: ReactorSpec) -> None:
    found = tuple(UUID(int=number) for number in range(BULK_ITEMS_MAX + 1))
    studio.when(ChangeAssets(GalleryChange.TRASH, filter=FOG, matched=found)).then_refused(
        TooManyItems, maximum=BULK_ITEMS_MAX
    )


def test_a_filter_asked_again_under_its_key_is_the_change_of_then(
    studio: ReactorSpec, pictures: list[UUID]
) -> None:
    key = studio.fresh_key()
    asked = ChangeAssets(GalleryChange.TRASH, filter=FOG, matched=tuple(pictures[:1]), as_of=7)
    later = ChangeAssets(GalleryChange.TRASH, filter=FOG, matched=tuple(pictures), as_of=9)
    first = studio.does(asked, key=key)
    assert studio.does(later, key=key) == first
    assert studio.load(Asset, pictures[1]).purge_at is None
    other = ChangeAssets(GalleryChange.PURGE, filter=FOG, matched=tuple(pictures))
    studio.when(other, key=key).then_refused(IdempotencyKeyReused)


def test_many_items_are_changed_chunk_by_chunk(studio: ReactorSpec) -> None:
    ids = many_pictures(studio, CHUNK_ITEMS_MAX + 10)
    fog = label(studio)
    begun = studio.does(ChangeAssets(GalleryChange.LABEL, fog, filter=FOG, matched=tuple(ids)))
    assert begun.items == len(ids)
    assert studio.events(BulkChunk.CarriedOut) == []
    studio.settles().passes(seconds=1)
    assert all(one.labels == (fog,) for one in assets(studio, ids))
    assert [len(done.changed) for done in studio.events(BulkChunk.CarriedOut)] == [250, 10]


def test_a_chunk_that_comes_twice_is_carried_out_once(studio: ReactorSpec) -> None:
    ids = many_pictures(studio, 120)
    begun = studio.does(ChangeAssets(GalleryChange.TRASH, filter=FOG, matched=tuple(ids)))
    again = CarryOutChunk(bulk_chunk_id(begun.change_id, 0), begun.change_id)
    studio.does(again)
    studio.when(again).then_refused(AlreadyDecided)
    studio.settles().passes(seconds=1)
    assert len(studio.events(Asset.Trashed)) == 120


def test_what_was_purged_or_lost_its_label_meanwhile_holds_nothing_up(
    studio: ReactorSpec,
) -> None:
    ids = many_pictures(studio, 120)
    fog = label(studio)
    studio.does(ChangeAssets(GalleryChange.FAVOURITE, filter=FOG, matched=tuple(ids)))
    studio.does(ChangeAssets(GalleryChange.LABEL, fog, filter=FOG, matched=tuple(ids)))
    studio.does(PurgeAsset(ids[0]))
    studio.does(DeleteLabel(fog))
    studio.settles().passes(seconds=1)
    liked, labelled = studio.events(BulkChunk.CarriedOut)
    assert (len(liked.changed), liked.passed_over) == (119, 1)
    assert (labelled.changed, labelled.passed_over) == ((), 120)
    assert not [one for one in studio.pending() if one.parked_at]


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (GalleryChange.FAVOURITE, lambda one: one.favourite),
        (GalleryChange.LABEL, lambda one: bool(one.labels)),
        (GalleryChange.TRASH, lambda one: one.purge_at is not None),
    ],
)
def test_an_undo_takes_back_what_was_changed_and_nothing_else(
    studio: ReactorSpec, pictures: list[UUID], change: GalleryChange, changed: Any
) -> None:
    fog = label(studio) if change is GalleryChange.LABEL else None
    studio.does(ChangeAssets(change, fog, (pictures[0],)))
    begun = studio.does(ChangeAssets(change, fog, tuple(pictures)))
    undone = studio.does(UndoChange(begun.change_id))
    assert undone.items == 3
    assert [changed(one) for one in assets(studio, pictures)] == [True, False, False, False]
    studio.does(UndoChange(undone.change_id))
    assert all(changed(one) for one in assets(studio, pictures))


def test_an_undo_in_the_middle_stops_the_change(studio: ReactorSpec) -> None:
    ids = many_pictures(studio, CHUNK_ITEMS_MAX + 110)
    begun = studio.does(ChangeAssets(GalleryChange.FAVOURITE, filter=FOG, matched=tuple(ids)))
    studio.does(CarryOutChunk(bulk_chunk_id(begun.change_id, 0), begun.change_id))
    undone = studio.does(UndoChange(begun.change_id))
    studio.settles().passes(seconds=1)
    assert undone.items == CHUNK_ITEMS_MAX
    assert not any(one.favourite for one in assets(studio, ids))


def test_a_change_is_undone_once_and_for_a_day(studio: ReactorSpec, pictures: list[UUID]) -> None:
    trash = ChangeAssets(GalleryChange.TRASH, None, tuple(pictures))
    first = studio.does(trash).change_id
    studio.does(UndoChange(first))
    studio.when(UndoChange(first)).then_refused(ChangeNotUndoable)
    second = studio.does(trash).change_id
    studio.when(UndoChange(second), owner=GRACE).then_refused(NotFound)
    studio.clock.pass_by(seconds=UNDO_MAX.total_seconds() + 1)
    studio.when(UndoChange(second)).then_refused(UndoTooLate, hours=24)


def test_what_is_purged_cannot_be_undone(studio: ReactorSpec, pictures: list[UUID]) -> None:
    begun = studio.does(ChangeAssets(GalleryChange.PURGE, None, tuple(pictures)))
    studio.when(UndoChange(begun.change_id)).then_refused(ChangeNotUndoable)


def test_the_trash_is_emptied_after_a_month_and_the_log_proves_it(
    studio: ReactorSpec, pictures: list[UUID]
) -> None:
    thrown, fetched_back, *_ = pictures
    studio.does(ChangeAssets(GalleryChange.TRASH, None, (thrown, fetched_back)))
    studio.passes(days=29)
    studio.does(ChangeAssets(GalleryChange.RESTORE, None, (fetched_back,)))
    keys = [file.object_key for file in studio.load(Asset, thrown).renditions]
    for key in keys:
        studio.objects.put(key, b"a picture", media_type="image/png")
    studio.passes(days=2)
    assert studio.load(Asset, thrown).purged
    assert not {*studio.objects.keys("gallery/")} & {*keys}
    assert [event.originator_id for event in studio.events(Asset.Purged)] == [thrown]
    assert not studio.load(Asset, fetched_back).purge_requested


def test_who_is_thrown_away_anew_has_a_month_anew(
    studio: ReactorSpec, pictures: list[UUID]
) -> None:
    one = (pictures[0],)
    first = studio.clock.at + TRASH_KEPT_MAX
    studio.does(ChangeAssets(GalleryChange.TRASH, None, one))
    studio.does(ChangeAssets(GalleryChange.RESTORE, None, one))
    studio.clock.pass_by(days=3)
    studio.does(ChangeAssets(GalleryChange.TRASH, None, one))
    studio.clock.at = first + timedelta(hours=1)
    studio.when(PurgeTrashed(one[0], first)).then_refused(AssetNotAvailable)


def test_what_is_in_the_trash_is_fetched_back_before_anything_else(
    studio: ReactorSpec, pictures: list[UUID]
) -> None:
    studio.does(ChangeAssets(GalleryChange.TRASH, None, (pictures[0],)))
    studio.when(SetFavourite(pictures[0])).then_refused(AssetNotAvailable)
    studio.when(PurgeAsset(pictures[0])).then("asset.purge-requested")


def test_all_that_a_withdrawal_has_hidden_is_kept_at_once(studio: ReactorSpec) -> None:
    twin = journey.trained_twin(studio)
    job = studio.does(journey.pictures_of(twin, count=2)).job_id
    journey.finished(studio, job)
    ids = tuple(asset_id(job, item) for item in range(2))
    studio.does(WithdrawConsent(twin))
    begun = studio.does(ChangeAssets(GalleryChange.KEEP, None, ids))
    assert all(one.kept for one in assets(studio, list(ids)))
    studio.when(UndoChange(begun.change_id)).then_refused(ChangeNotUndoable)


def test_a_change_knows_what_it_is_and_which_one_it_takes_back(
    studio: ReactorSpec, pictures: list[UUID]
) -> None:
    begun = studio.does(
        ChangeAssets(GalleryChange.TRASH, filter=FOG, matched=tuple(pictures), as_of=17)
    )
    undone = studio.does(UndoChange(begun.change_id))
    first, second = studio.events(BulkChange.Requested)
    assert (first.as_of, first.undoes) == (17, None)
    assert (second.change, second.undoes) == (GalleryChange.RESTORE, begun.change_id)
    assert second.originator_id == undone.change_id
