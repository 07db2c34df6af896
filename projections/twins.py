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
        SELECT owner_id, twin_id, name, 1, created_at, position, position
          FROM json_populate_recordset(NULL::twins, %(rows)s)
        """,
        name=event.name.value if isinstance(event.name, PersonalText) else None,
        created_at=event.timestamp,
    )


@twins.on(Twin.BiometricReleaseSigned)
def _biometric_release_signed(event: Twin.BiometricReleaseSigned, fact: Fact) -> list[Change]:
    return _twin(
        fact,
        """
        UPDATE twins AS t
           SET release_text_sha256 = c.release_text_sha256, release_locale = c.release_locale,
               released_at = c.released_at, position = c.position
          FROM json_populate_recordset(NULL::twins, %(rows)s) AS c
         WHERE t.owner_id = c.owner_id AND t.twin_id = c.twin_id
        """,
        release_text_sha256=event.text_sha256,
        release_locale=event.locale,
        released_at=event.timestamp,
    )


@twins.on(Twin.ConsentGranted)
def _consent_granted(event: Twin.ConsentGranted, fact: Fact) -> list[Change]:
    return _twin(
        fact,
        """
        UPDATE twins AS t
           SET consent_epoch = c.consent_epoch, consent_text_sha256 = c.consent_text_sha256,
               consent_scope = c.consent_scope, consent_at = c.consent_at,
               consent_withdrawn_at = NULL, position = c.position
          FROM json_populate_recordset(NULL::twins, %(rows)s) AS c
         WHERE t.owner_id = c.owner_id AND t.twin_id = c.twin_id
        """,
        consent_epoch=event.epoch,
        consent_text_sha256=event.text_sha256,
        consent_scope=event.scope,
        consent_at=event.timestamp,
    )


@twins.on(Twin.ConsentWithdrawn)
def _consent_withdrawn(event: Twin.ConsentWithdrawn, fact: Fact) -> list[Change]:
    # Nothing that rests on the old epoch is usable from here, whenever its bytes are deleted.
    values = {
        **_values(fact),
        "consent_epoch": event.epoch,
        "consent_withdrawn_at": event.timestamp,
    }
    return [
        Change(
            """
            UPDATE twins AS t
               SET consent_epoch = c.consent_epoch, consent_scope = '{}',
                   consent_withdrawn_at = c.consent_withdrawn_at, accepted_submission_id = NULL,
                   training_job_id = NULL, trained_engines = '{}',
                   photos_state = CASE t.photos_state WHEN 'none' THEN 'none'
                                  ELSE 'withdrawn' END,
                   position = c.position
              FROM json_populate_recordset(NULL::twins, %(rows)s) AS c
             WHERE t.owner_id = c.owner_id AND t.twin_id = c.twin_id
            """,
            values,
        ),
        Change(
            """
            UPDATE twin_photos AS p SET state = 'withdrawn', position = c.position
              FROM json_populate_recordset(NULL::twins, %(rows)s) AS c
             WHERE p.owner_id = c.owner_id AND p.twin_id = c.twin_id
            """,
            values,
        ),
        Change(
            """
            DELETE FROM twin_adapters AS a
             USING json_populate_recordset(NULL::twins, %(rows)s) AS c
             WHERE a.owner_id = c.owner_id AND a.twin_id = c.twin_id
            """,
            values,
        ),
        twin_changed(fact, fact.originator_id),
    ]


@twins.on(Twin.PhotosSubmitted)
def _photos_submitted(event: Twin.PhotosSubmitted, fact: Fact) -> list[Change]:
    submission = {**_values(fact), "submission_id": event.submission_id}
    return [
        Change(
            """
            UPDATE twins AS t
               SET submission_id = c.submission_id, submission_engine = c.submission_engine,
                   photos_state = 'submitted', photo_count = c.photo_count, set_flaws = '{}',
                   position = c.position
              FROM json_populate_recordset(NULL::twins, %(rows)s) AS c
             WHERE t.owner_id = c.owner_id AND t.twin_id = c.twin_id
            """,
            {
                **submission,
                "submission_engine": event.engine,
                "photo_count": len(event.photos),
            },
        ),
        Change(
            """
            INSERT INTO twin_photos (owner_id, twin_id, submission_id, photo_id, ordinal, position)
            SELECT owner_id, twin_id, submission_id, photo_id, ordinal, position
              FROM json_populate_recordset(NULL::twin_photos, %(rows)s)
            -- Logs of before hold sets that were submitted twice.
            ON CONFLICT (owner_id, twin_id, submission_id, photo_id) DO UPDATE
               SET ordinal = excluded.ordinal, state = 'submitted', flaws = '{}',
                   position = excluded.position
            """,
            *(
                {**submission, "photo_id": photo_id, "ordinal": ordinal}
                for ordinal, photo_id in enumerate(event.photos)
            ),
        ),
        twin_changed(fact, fact.originator_id),
    ]


@twins.on(Twin.PhotosAccepted)
def _photos_accepted(event: Twin.PhotosAccepted, fact: Fact) -> list[Change]:
    values = {**_values(fact), "submission_id": event.submission_id}
    return [
        Change(
            """
            UPDATE twins AS t
               SET photos_state = 'accepted', accepted_submission_id = c.submission_id,
                   position = c.position
              FROM json_populate_recordset(NULL::twins, %(rows)s) AS c
             WHERE t.owner_id = c.owner_id AND t.twin_id = c.twin_id
            """,
            values,
        ),
        Change(
            """
            UPDATE twin_photos AS p SET state = 'accepted', position = c.position
              FROM json_populate_recordset(NULL::twins, %(rows)s) AS c
             WHERE p.owner_id = c.owner_id AND p.twin_id = c.twin_id
               AND p.submission_id = c.submission_id
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
        UPDATE twins AS t
           SET photos_state = 'rejected', set_flaws = c.set_flaws, position = c.position
          FROM json_populate_recordset(NULL::twins, %(rows)s) AS c
         WHERE t.owner_id = c.owner_id AND t.twin_id = c.twin_id
        """,
        {**values, "set_flaws": event.set_flaws},
    )
    # A photo without a flaw was rejected for the company it was in.
    verdicts = Change(
        """
        UPDATE twin_photos AS p
           SET state = 'rejected', flaws = c.flaws, position = c.position
          FROM json_populate_recordset(NULL::twin_photos, %(rows)s) AS c
         WHERE p.owner_id = c.owner_id AND p.twin_id = c.twin_id
           AND p.submission_id = c.submission_id AND p.photo_id = c.photo_id
        """,
        *(
            {**values, "photo_id": verdict.photo_id, "flaws": verdict.flaws}
            for verdict in event.verdicts
        ),
    )
    return [rejected, verdicts, twin_changed(fact, fact.originator_id)]


@twins.on(Twin.TrainingAuthorised)
def _training_authorised(event: Twin.TrainingAuthorised, fact: Fact) -> list[Change]:
    return _twin(
        fact,
        """
        UPDATE twins AS t SET training_job_id = c.training_job_id, position = c.position
          FROM json_populate_recordset(NULL::twins, %(rows)s) AS c
         WHERE t.owner_id = c.owner_id AND t.twin_id = c.twin_id
        """,
        training_job_id=event.job_id,
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
        "delivered_at": event.timestamp,
    }
    return [
        Change(
            """
            INSERT INTO twin_adapters (owner_id, twin_id, engine, job_id, object_key, sha256,
                                       size_bytes, rank, step, similarity, delivered_at, position)
            SELECT owner_id, twin_id, engine, job_id, object_key, sha256, size_bytes, rank, step,
                   similarity, delivered_at, position
              FROM json_populate_recordset(NULL::twin_adapters, %(rows)s)
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
            UPDATE twins AS t
               SET trained_engines = array_append(
                       array_remove(t.trained_engines, c.engine), c.engine),
                   position = c.position
              FROM json_populate_recordset(NULL::twin_adapters, %(rows)s) AS c
             WHERE t.owner_id = c.owner_id AND t.twin_id = c.twin_id
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
        UPDATE twins AS t SET training_job_id = NULL, position = c.position
          FROM json_populate_recordset(NULL::twins, %(rows)s) AS c
         WHERE t.owner_id = c.owner_id AND t.twin_id = c.twin_id
           AND t.training_job_id = c.training_job_id
        """,
        training_job_id=event.job_id,
    )


@twins.on(Twin.DeletionRequested)
def _deletion_requested(event: Twin.DeletionRequested, fact: Fact) -> list[Change]:
    return _twin(
        fact,
        """
        UPDATE twins AS t
           SET prefixes_to_delete = t.prefixes_to_delete || c.prefixes_to_delete,
               position = c.position
          FROM json_populate_recordset(NULL::twins, %(rows)s) AS c
         WHERE t.owner_id = c.owner_id AND t.twin_id = c.twin_id
        """,
        prefixes_to_delete=event.prefixes,
    )


@twins.on(Twin.Deleted)
def _deleted(event: Twin.Deleted, fact: Fact) -> list[Change]:
    return _twin(
        fact,
        """
        UPDATE twins AS t
           SET prefixes_to_delete = ARRAY(
                   SELECT prefix FROM unnest(t.prefixes_to_delete) WITH ORDINALITY
                          AS p (prefix, ordinal)
                    WHERE prefix <> ALL (c.prefixes_to_delete) ORDER BY ordinal),
               position = c.position
          FROM json_populate_recordset(NULL::twins, %(rows)s) AS c
         WHERE t.owner_id = c.owner_id AND t.twin_id = c.twin_id
        """,
        prefixes_to_delete=event.prefixes,
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
