-- Hidden is derived: queries compare the consent epoch of an asset with that of its twin, and what its
-- owner keeps stays in sight. A withdrawal needs no event and no row an asset.

ALTER TABLE views.assets ADD COLUMN kept boolean NOT NULL DEFAULT false;

-- What stands in the gallery already becomes what a replay of the same events makes of it. Forced row
-- policies bind the owner of the table, too: lifted while this migration writes.
ALTER TABLE views.assets NO FORCE ROW LEVEL SECURITY;

UPDATE views.assets AS a SET kept = true
  FROM events.stored_events AS e
 WHERE e.event_type = 'asset.kept' AND e.originator_id = a.asset_id AND e.owner_id = a.owner_id
   AND e.notification_id <= a.position;

UPDATE views.assets SET state = 'released'
 WHERE state = 'hidden' AND hidden_reason = 'consent-withdrawn';

UPDATE views.assets SET hidden_reason = NULL WHERE hidden_reason = 'consent-withdrawn';

ALTER TABLE views.assets FORCE ROW LEVEL SECURITY;
