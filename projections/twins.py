"""Twins: consent, photo sets with a verdict for every photo, and trained adapters."""

from typing import Any, LiteralString

from domain.kernel.personal_text import PersonalText
from domain.twin import Twin
from projections.feed import twin_changed
from projections.read_model import Change, ReadModel
from topics.messages.fact import Fact

twins = ReadModel("twins")


@twins.on(Twin.Created)
def _created(event: Twin.Created, fact: Fact) -> list[Change]:
    return _twin(
        fact,
        """
        INSERT INTO twins (owner_id, twin_id, name, consent_epoch, created_at, created_position,
                           position)
        VALUES (%(owner_id)s, %(twin_id)s, %(name)s, 1, %(at)s, %(position)s, %(position)s)
        """,
        name=event.name.value if isinstance(event.name, PersonalText) else None,
        at=event.timestamp,
    )


@twins.on(Twin.BiometricReleaseSigned)
def _biometric_release_signed(event: Twin.BiometricReleaseSigned, fact: Fact) -> list[Change]:
    return _twin(
        fact,
        """
        UPDATE twins SET release_text_sha256 = %(sha256)s, release_locale = %(locale)s,
                         released_at = %(at)s, position = %(position)s
         WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s
        """,
        sha256=event.text_sha256,
        locale=event.locale,
        at=event.timestamp,
    )


@twins.on(Twin.ConsentGranted)
def _consent_granted(event: Twin.ConsentGranted, fact: Fact) -> list[Change]:
    return _twin(
        fact,
        """
        UPDATE twins SET consent_epoch = %(epoch)s, consent_text_sha256 = %(sha256)s,
                         consent_scope = %(scope)s::text[], consent_at = %(at)s,
                         consent_withdrawn_at = NULL, position = %(position)s
         WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s
        """,
        epoch=event.epoch,
        sha256=event.text_sha256,
        scope=[scope.value for scope in event.scope],
        at=event.timestamp,
    )


@twins.on(Twin.ConsentWithdrawn)
def _consent_withdrawn(event: Twin.ConsentWithdrawn, fact: Fact) -> list[Change]:
    # Nothing that rests on the old epoch is usable from here, whenever its bytes are deleted.
    values = {**_values(fact), "epoch": event.epoch, "at": event.timestamp}
    return [
        Change(
            """
            UPDATE twins SET consent_epoch = %(epoch)s, consent_scope = '{}',
                             consent_withdrawn_at = %(at)s, accepted_submission_id = NULL,
                             training_job_id = NULL, trained_engines = '{}',
                             photos_state = CASE photos_state WHEN 'none' THEN 'none'
                                            ELSE 'withdrawn' END,
                             position = %(position)s
             WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s
            """,
            values,
        ),
        Change(
            """
            UPDATE twin_photos SET state = 'withdrawn', position = %(position)s
             WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s
            """,
            values,
        ),
        Change(
            "DELETE FROM twin_adapters WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s",
            values,
        ),
        twin_changed(fact, fact.originator_id),
    ]


@twins.on(Twin.PhotosSubmitted)
def _photos_submitted(event: Twin.PhotosSubmitted, fact: Fact) -> list[Change]:
    values = {
        **_values(fact),
        "submission_id": event.submission_id,
        "engine": event.engine,
        "photos": list(event.photos),
        "count": len(event.photos),
    }
    return [
        Change(
            """
            UPDATE twins SET submission_id = %(submission_id)s, submission_engine = %(engine)s,
                             photos_state = 'submitted', photo_count = %(count)s,
                             set_flaws = '{}', position = %(position)s
             WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s
            """,
            values,
        ),
        Change(
            """
            INSERT INTO twin_photos (owner_id, twin_id, submission_id, photo_id, ordinal, position)
            SELECT %(owner_id)s, %(twin_id)s, %(submission_id)s, photo_id, ordinal - 1, %(position)s
              FROM unnest(%(photos)s::uuid[]) WITH ORDINALITY AS p (photo_id, ordinal)
            """,
            values,
        ),
        twin_changed(fact, fact.originator_id),
    ]


@twins.on(Twin.PhotosAccepted)
def _photos_accepted(event: Twin.PhotosAccepted, fact: Fact) -> list[Change]:
    values = {**_values(fact), "submission_id": event.submission_id}
    return [
        Change(
            """
            UPDATE twins SET photos_state = 'accepted', accepted_submission_id = %(submission_id)s,
                             position = %(position)s
             WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s
            """,
            values,
        ),
        Change(
            """
            UPDATE twin_photos SET state = 'accepted', position = %(position)s
             WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s
               AND submission_id = %(submission_id)s
            """,
            values,
        ),
        twin_changed(fact, fact.originator_id),
    ]


@twins.on(Twin.PhotosRejected)
def _photos_rejected(event: Twin.PhotosRejected, fact: Fact) -> list[Change]:
    values = {**_values(fact), "submission_id": event.submission_id}
    rejected = Change(
        """
        UPDATE twins SET photos_state = 'rejected', set_flaws = %(set_flaws)s::text[],
                         position = %(position)s
         WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s
        """,
        {**values, "set_flaws": [flaw.value for flaw in event.set_flaws]},
    )
    # A photo without a flaw was rejected for the company it was in.
    verdicts = [
        Change(
            """
            UPDATE twin_photos SET state = 'rejected', flaws = %(flaws)s::text[],
                                   position = %(position)s
             WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s
               AND submission_id = %(submission_id)s AND photo_id = %(photo_id)s
            """,
            {
                **values,
                "photo_id": verdict.photo_id,
                "flaws": [flaw.value for flaw in verdict.flaws],
            },
        )
        for verdict in event.verdicts
    ]
    return [rejected, *verdicts, twin_changed(fact, fact.originator_id)]


@twins.on(Twin.TrainingAuthorised)
def _training_authorised(event: Twin.TrainingAuthorised, fact: Fact) -> list[Change]:
    return _twin(
        fact,
        """
        UPDATE twins SET training_job_id = %(job_id)s, position = %(position)s
         WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s
        """,
        job_id=event.job_id,
    )


@twins.on(Twin.AdapterDelivered)
def _adapter_delivered(event: Twin.AdapterDelivered, fact: Fact) -> list[Change]:
    values = {
        **_values(fact),
        "engine": event.engine,
        "job_id": event.job_id,
        "object_key": event.object_key,
        "sha256": event.sha256,
        "size_bytes": event.size_bytes,
        "rank": event.rank,
        "step": event.step,
        "similarity": event.similarity,
        "at": event.timestamp,
    }
    return [
        Change(
            """
            INSERT INTO twin_adapters (owner_id, twin_id, engine, job_id, object_key, sha256,
                                       size_bytes, rank, step, similarity, delivered_at, position)
            VALUES (%(owner_id)s, %(twin_id)s, %(engine)s, %(job_id)s, %(object_key)s, %(sha256)s,
                    %(size_bytes)s, %(rank)s, %(step)s, %(similarity)s, %(at)s, %(position)s)
            ON CONFLICT (owner_id, twin_id, engine) DO UPDATE
               SET job_id = excluded.job_id, object_key = excluded.object_key,
                   sha256 = excluded.sha256, size_bytes = excluded.size_bytes,
                   rank = excluded.rank, step = excluded.step, similarity = excluded.similarity,
                   delivered_at = excluded.delivered_at, position = excluded.position
            """,
            values,
        ),
        Change(
            """
            UPDATE twins SET trained_engines = array_append(
                                 array_remove(trained_engines, %(engine)s::text), %(engine)s::text),
                             position = %(position)s
             WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s
            """,
            values,
        ),
        twin_changed(fact, fact.originator_id),
    ]


@twins.on(Twin.JobEnded)
def _job_ended(event: Twin.JobEnded, fact: Fact) -> list[Change]:
    # Picture jobs end here, too, and change nothing about the twin.
    return _twin(
        fact,
        """
        UPDATE twins SET training_job_id = NULL, position = %(position)s
         WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s AND training_job_id = %(job_id)s
        """,
        job_id=event.job_id,
    )


@twins.on(Twin.DeletionRequested)
def _deletion_requested(event: Twin.DeletionRequested, fact: Fact) -> list[Change]:
    return _twin(
        fact,
        """
        UPDATE twins SET prefixes_to_delete = prefixes_to_delete || %(prefixes)s::text[],
                         position = %(position)s
         WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s
        """,
        prefixes=list(event.prefixes),
    )


@twins.on(Twin.Deleted)
def _deleted(event: Twin.Deleted, fact: Fact) -> list[Change]:
    return _twin(
        fact,
        """
        UPDATE twins SET prefixes_to_delete = ARRAY(
                             SELECT prefix FROM unnest(prefixes_to_delete) WITH ORDINALITY
                                    AS p (prefix, ordinal)
                              WHERE prefix <> ALL (%(prefixes)s::text[]) ORDER BY ordinal),
                         position = %(position)s
         WHERE owner_id = %(owner_id)s AND twin_id = %(twin_id)s
        """,
        prefixes=list(event.prefixes),
    )


def _twin(fact: Fact, statement: LiteralString, **more: Any) -> list[Change]:
    changed = Change(statement, {**_values(fact), **more})
    return [changed, twin_changed(fact, fact.originator_id)]


def _values(fact: Fact) -> dict[str, Any]:
    return {
        "owner_id": fact.owner_id,
        "twin_id": fact.originator_id,
        "position": fact.position,
    }
