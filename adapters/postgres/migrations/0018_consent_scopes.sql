-- Consent is ticked scope by scope. A twin has the version of every scope that was ever ticked, raised
-- whenever that one is taken back; an asset has the scopes that it rests on, at their versions then.
-- Hidden is derived from both, as it is from the epochs.

ALTER TABLE views.twins ADD COLUMN scope_versions jsonb NOT NULL DEFAULT '{}';
ALTER TABLE views.assets ADD COLUMN scopes jsonb NOT NULL DEFAULT '{}';

-- What stands there already becomes what a replay of the same events makes of it. Forced row policies
-- bind the owner of the table, too: lifted while this migration writes.
ALTER TABLE views.twins NO FORCE ROW LEVEL SECURITY;
ALTER TABLE views.assets NO FORCE ROW LEVEL SECURITY;

UPDATE views.twins AS t SET scope_versions = ticked.versions
  FROM (SELECT g.owner_id, g.twin_id, jsonb_object_agg(s.scope, 1) AS versions
          FROM views.twins AS g
          JOIN events.stored_events AS e
            ON e.originator_id = g.twin_id AND e.owner_id = g.owner_id
           AND e.notification_id <= g.position
         CROSS JOIN LATERAL
               jsonb_array_elements_text(convert_from(e.data, 'UTF8')::jsonb -> 'scope') AS s (scope)
         WHERE e.event_type = 'twin.consent-granted'
         GROUP BY g.owner_id, g.twin_id) AS ticked
 WHERE ticked.owner_id = t.owner_id AND ticked.twin_id = t.twin_id;

UPDATE views.assets
   SET scopes = CASE kind WHEN 'sample' THEN '{"training": 1}'
                          WHEN 'video' THEN '{"clips": 1}'
                          ELSE '{"general-images": 1}' END::jsonb
 WHERE consent_epoch IS NOT NULL;

ALTER TABLE views.twins FORCE ROW LEVEL SECURITY;
ALTER TABLE views.assets FORCE ROW LEVEL SECURITY;
