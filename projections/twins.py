"""Twins: consent, photo sets with a verdict for every photo, and trained adapters."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from domain.consent_text import ConsentScope
from domain.kernel.personal_text import PersonalText
from domain.time_limits import UPLOADS_OPEN_MAX
from domain.twin import Twin
from projections.consent_decisions import decided, emptied, to_be_emptied
from projections.feed import sight_changed, twin_changed
from projections.open_uploads import open_without
from projections.read_model import Change, ReadModel, deleted, inserted, replaced, updated
from projections.scope_versions import scope_versions
from projections.tables import TWIN_ADAPTERS, TWIN_CHECKPOINTS, TWIN_PHOTOS, TWINS, Row
from topics.messages.fact import Fact

twins = ReadModel("twins")


@twins.on(Twin.Created)
def _created(event: Twin.Created, fact: Fact) -> list[Change]:
    return [
        inserted(
            TWINS,
            fact,
            twin_id=fact.originator_id,
            name=event.name.value if isinstance(event.name, PersonalText) else None,
            release_text_sha256=None,
            release_locale=None,
            released_at=None,
            consent_epoch=1,
            consent_text_sha256=None,
            consent_scope=(),
            scope_versions={},
            consent_at=None,
            consent_withdrawn_at=None,
            submission_id=None,
            submission_engine=None,
            photos_state="none",
            photo_count=0,
            set_flaws=(),
            kept_photos=(),
            accepted_submission_id=None,
            training_job_id=None,
            trained_engines=(),
            prefixes_to_delete=(),
            open_uploads=(),
            open_uploads_until=(),
            created_at=event.timestamp,
            created_position=fact.position,
        ),
        twin_changed(fact, fact.originator_id),
    ]


@twins.on(Twin.BiometricReleaseSigned)
def _biometric_release_signed(event: Twin.BiometricReleaseSigned, fact: Fact) -> list[Change]:
    return _changed(
        fact,
        _twin(
            fact,
            release_text_sha256=event.text_sha256,
            release_locale=event.locale,
            released_at=event.timestamp,
        ),
        decided("released", event.timestamp, fact, text_sha256=event.text_sha256),
    )


@twins.on(Twin.ConsentGranted)
def _consent_granted(event: Twin.ConsentGranted, fact: Fact) -> list[Change]:
    return _changed(
        fact,
        _twin(
            fact,
            consent_epoch=event.epoch,
            consent_text_sha256=event.text_sha256,
            consent_scope=event.scope,
            scope_versions=_ticked(event.scope),
            consent_at=event.timestamp,
            consent_withdrawn_at=None,
        ),
        decided(
            "granted",
            event.timestamp,
            fact,
            text_sha256=event.text_sha256,
            scopes=event.scope,
        ),
    )


@twins.on(Twin.ConsentScopesAdded)
def _consent_scopes_added(event: Twin.ConsentScopesAdded, fact: Fact) -> list[Change]:
    return _changed(
        fact,
        _twin(
            fact,
            consent_text_sha256=event.text_sha256,
            consent_scope=lambda row: [
                scope
                for scope in ConsentScope
                if scope in row["consent_scope"] or scope in event.scope
            ],
            scope_versions=_ticked(event.scope),
        ),
        decided("added", event.timestamp, fact, text_sha256=event.text_sha256, scopes=event.scope),
    )


@twins.on(Twin.ConsentScopesTakenBack)
def _consent_scopes_taken_back(event: Twin.ConsentScopesTakenBack, fact: Fact) -> list[Change]:
    def left(row: Row) -> list[str]:
        return [scope for scope in row["consent_scope"] if scope not in event.versions]

    def versions(row: Row) -> dict[str, int]:
        return {**scope_versions(row["scope_versions"]), **dict(event.versions.items())}

    taken = _twin(fact, consent_scope=left, scope_versions=versions)
    noted = decided(
        "taken-back",
        event.timestamp,
        fact,
        scopes=tuple(sorted(event.versions)),
        stopped_jobs=event.open_jobs,
    )
    if ConsentScope.TRAINING not in event.versions:
        return _changed(fact, taken, noted, sight_changed(fact))
    # Nothing may be learnt from the photos. What was learnt stays for what is ticked still.
    return _changed(
        fact,
        taken,
        noted,
        _twin(
            fact,
            accepted_submission_id=None,
            training_job_id=None,
            open_uploads=(),
            open_uploads_until=(),
            photos_state=_photos_withdrawn,
            kept_photos=(),
        ),
        updated(TWIN_PHOTOS, fact, twin_id=fact.originator_id, state="withdrawn"),
        sight_changed(fact),
    )


@twins.on(Twin.ConsentWithdrawn)
def _consent_withdrawn(event: Twin.ConsentWithdrawn, fact: Fact) -> list[Change]:
    # Nothing that rests on the old epoch is usable from here, whenever its bytes are deleted.
    return _changed(
        fact,
        _twin(
            fact,
            consent_epoch=event.epoch,
            consent_scope=(),
            consent_withdrawn_at=event.timestamp,
            accepted_submission_id=None,
            training_job_id=None,
            trained_engines=(),
            open_uploads=(),
            open_uploads_until=(),
            photos_state=_photos_withdrawn,
            kept_photos=(),
        ),
        decided("withdrawn", event.timestamp, fact, stopped_jobs=event.open_jobs),
        updated(TWIN_PHOTOS, fact, twin_id=fact.originator_id, state="withdrawn"),
        deleted(TWIN_ADAPTERS, fact, twin_id=fact.originator_id),
        deleted(TWIN_CHECKPOINTS, fact, twin_id=fact.originator_id),
        sight_changed(fact),
    )


@twins.on(Twin.UploadsPlanned)
def _uploads_planned(event: Twin.UploadsPlanned, fact: Fact) -> list[Change]:
    until = event.timestamp + UPLOADS_OPEN_MAX
    return _changed(
        fact,
        _twin(
            fact,
            open_uploads=lambda row: [*row["open_uploads"], event.submission_id],
            open_uploads_until=lambda row: [*row["open_uploads_until"], until],
        ),
    )


@twins.on(Twin.UploadsForgotten)
def _uploads_forgotten(event: Twin.UploadsForgotten, fact: Fact) -> list[Change]:
    return _changed(fact, _twin(fact, **open_without(event.submission_id)))


@twins.on(Twin.PhotosSubmitted)
def _photos_submitted(event: Twin.PhotosSubmitted, fact: Fact) -> list[Change]:
    return _changed(
        fact,
        _twin(
            fact,
            submission_id=event.submission_id,
            submission_engine=event.engine,
            photos_state="submitted",
            photo_count=len(event.photos),
            set_flaws=(),
            **open_without(event.submission_id),
        ),
        *(
            # Logs of before hold sets that were submitted twice.
            replaced(
                TWIN_PHOTOS,
                fact,
                twin_id=fact.originator_id,
                submission_id=event.submission_id,
                photo_id=photo_id,
                ordinal=ordinal,
                state="submitted",
                flaws=(),
            )
            for ordinal, photo_id in enumerate(event.photos)
        ),
    )


@twins.on(Twin.PhotosAccepted)
def _photos_accepted(event: Twin.PhotosAccepted, fact: Fact) -> list[Change]:
    return _changed(
        fact,
        _twin(
            fact,
            photos_state="accepted",
            accepted_submission_id=event.submission_id,
            kept_photos=(),
        ),
        updated(
            TWIN_PHOTOS,
            fact,
            twin_id=fact.originator_id,
            submission_id=event.submission_id,
            state="accepted",
        ),
    )


@twins.on(Twin.PhotosRejected)
def _photos_rejected(event: Twin.PhotosRejected, fact: Fact) -> list[Change]:
    return _changed(
        fact,
        _twin(
            fact,
            photos_state="rejected",
            set_flaws=event.set_flaws,
            kept_photos=tuple(event.kept),
        ),
        *(
            # A photo without a flaw was rejected for the company it was in.
            updated(
                TWIN_PHOTOS,
                fact,
                twin_id=fact.originator_id,
                submission_id=event.submission_id,
                photo_id=verdict.photo_id,
                state="rejected",
                flaws=verdict.flaws,
            )
            for verdict in event.verdicts
        ),
    )


@twins.on(Twin.KeptPhotosForgotten)
def _kept_photos_forgotten(event: Twin.KeptPhotosForgotten, fact: Fact) -> list[Change]:
    def left(row: Row) -> list[UUID]:
        return [one for one in row["kept_photos"] if one not in event.photos]

    return _changed(fact, _twin(fact, kept_photos=left))


@twins.on(Twin.TrainingAuthorised)
def _training_authorised(event: Twin.TrainingAuthorised, fact: Fact) -> list[Change]:
    return _changed(fact, _twin(fact, training_job_id=event.job_id))


@twins.on(Twin.AdapterDelivered)
def _adapter_delivered(event: Twin.AdapterDelivered, fact: Fact) -> list[Change]:
    def engines(row: Row) -> list[str]:
        return [*(one for one in row["trained_engines"] if one != event.engine), event.engine]

    return _changed(
        fact,
        replaced(
            TWIN_ADAPTERS,
            fact,
            twin_id=fact.originator_id,
            engine=event.engine,
            job_id=event.job_id,
            object_key=event.object_key,
            sha256=event.sha256,
            size_bytes=event.size_bytes,
            rank=event.rank,
            step=event.step,
            similarity=event.similarity,
            delivered_at=event.timestamp,
        ),
        _twin(fact, trained_engines=engines),
        deleted(TWIN_CHECKPOINTS, fact, twin_id=fact.originator_id, engine=event.engine),
        *(
            inserted(
                TWIN_CHECKPOINTS,
                fact,
                twin_id=fact.originator_id,
                engine=event.engine,
                step=step,
                job_id=event.job_id,
                similarity=similarity,
            )
            for step, similarity in _choice(event)
        ),
    )


@twins.on(Twin.CheckpointChosen)
def _checkpoint_chosen(event: Twin.CheckpointChosen, fact: Fact) -> list[Change]:
    return _changed(
        fact,
        updated(
            TWIN_ADAPTERS,
            fact,
            twin_id=fact.originator_id,
            engine=event.engine,
            object_key=event.object_key,
            sha256=event.sha256,
            size_bytes=event.size_bytes,
            rank=event.rank,
            step=event.step,
            similarity=event.similarity,
        ),
    )


@twins.on(Twin.JobEnded)
def _job_ended(event: Twin.JobEnded, fact: Fact) -> list[Change]:
    # Picture jobs end here, too, and change nothing about the twin.
    ended = updated(
        TWINS,
        fact,
        where=lambda row: row["training_job_id"] == event.job_id,
        twin_id=fact.originator_id,
        training_job_id=None,
    )
    return _changed(fact, ended)


@twins.on(Twin.DeletionRequested)
def _deletion_requested(event: Twin.DeletionRequested, fact: Fact) -> list[Change]:
    return _changed(
        fact,
        _twin(fact, prefixes_to_delete=lambda row: [*row["prefixes_to_delete"], *event.prefixes]),
        to_be_emptied(event, fact),
    )


@twins.on(Twin.Deleted)
def _deleted(event: Twin.Deleted, fact: Fact) -> list[Change]:
    return _changed(
        fact,
        _twin(
            fact,
            prefixes_to_delete=lambda row: [
                one for one in row["prefixes_to_delete"] if one not in event.prefixes
            ],
        ),
        emptied(event, fact),
    )


def _choice(event: Twin.AdapterDelivered) -> list[tuple[int, float]]:
    """Steps and likenesses of what may be chosen; nothing where there is no choice."""
    earlier = [(one.step, one.similarity) for one in event.checkpoints]
    return [*earlier, (event.step, event.similarity)] if earlier else []


def _ticked(scopes: Iterable[ConsentScope]) -> Callable[[Row], dict[str, int]]:
    """Every scope that was ever ticked, at the version that it has if it is ticked now."""

    def versions(row: Row) -> dict[str, int]:
        return {**dict.fromkeys(scopes, 1), **scope_versions(row["scope_versions"])}

    return versions


def _photos_withdrawn(row: Row) -> str:
    return "none" if row["photos_state"] == "none" else "withdrawn"


def _twin(fact: Fact, **values: Any) -> Change:
    return updated(TWINS, fact, twin_id=fact.originator_id, **values)


def _changed(fact: Fact, *changes: Change) -> list[Change]:
    return [*changes, twin_changed(fact, fact.originator_id)]
