"""Released outputs as they stand now, for every question about them."""

from typing import LiteralString

ASSET_ROWS: LiteralString = """
    (SELECT a.owner_id, a.asset_id, a.job_id, a.item, a.twin_id, a.kind, a.engine, a.rating,
            CASE WHEN a.purge_at IS NOT NULL THEN 'trashed'
                 WHEN w.withdrawn OR u.under_age THEN 'hidden' ELSE a.state END AS state,
            CASE WHEN w.withdrawn THEN 'consent-withdrawn' WHEN u.under_age THEN 'under-age'
                 ELSE a.hidden_reason END AS hidden_reason,
            a.favourite, a.object_key, a.sha256, a.size_bytes, a.width, a.height, a.media_type,
            a.duration_ms, a.renditions, a.likeness, a.placeholder, a.source_asset_id,
            a.source_photo_id,
            CASE WHEN a.source_asset_id IS NULL THEN NULL
                 WHEN a.kind = 'video' THEN 'animation'
                 WHEN EXISTS (SELECT FROM views.jobs AS j
                               WHERE j.owner_id = a.owner_id AND j.job_id = a.job_id
                                 AND j.inputs @> jsonb_build_array(jsonb_build_object(
                                         'role', 'source', 'asset_id', a.source_asset_id)))
                 THEN 'remix'
                 ELSE 'variation' END AS source_relation,
            a.seed, a.prompt,
            a.negative_prompt, a.settings, a.checks, a.policy_version, a.consent_epoch,
            a.released_at, a.released_position, a.position,
            a.labels, a.purge_at, a.stack_id, a.style, a.ratio, a.search_text,
            ARRAY (SELECT l.label_id FROM views.labels AS l
                    WHERE l.owner_id = a.owner_id AND l.label_id = ANY (a.labels)
                      AND l.kind = 'tag') AS tags,
            ARRAY (SELECT l.label_id FROM views.labels AS l
                    WHERE l.owner_id = a.owner_id AND l.label_id = ANY (a.labels)
                      AND l.kind = 'collection') AS collections,
            EXISTS (SELECT FROM views.labels AS l
                     WHERE l.owner_id = a.owner_id AND l.label_id = ANY (a.labels)
                       AND l.private) AS private
       FROM views.assets AS a
       LEFT JOIN views.twins AS t ON t.owner_id = a.owner_id AND t.twin_id = a.twin_id
       LEFT JOIN views.account AS p ON p.owner_id = a.owner_id
      CROSS JOIN LATERAL (
            SELECT a.state = 'released' AND coalesce(p.under_age, false)) AS u (under_age)
      CROSS JOIN LATERAL (
            SELECT a.state = 'released' AND NOT a.kept
                   AND coalesce(a.consent_epoch < t.consent_epoch
                                OR NOT t.scope_versions @> a.scopes, false)) AS w (withdrawn)
    )
"""
ASSETS: LiteralString = ASSET_ROWS + " AS assets"
"""Released outputs as they stand now. Hidden is derived: of a consent that is over, or resting on
a scope that was taken back, and not kept; or, kept or not, of an owner who was found to be under
age.

A withdrawal so takes one row, that of its twin, however many pictures rest on it; the other that of
the account.
"""
