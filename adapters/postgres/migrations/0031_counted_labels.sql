-- The months of a tag, and what private collections take from the months of all, are counted from an
-- index: each row that says an item has a label says which counter the item is counted in.

-- NULL for what is counted nowhere: what is in the trash, or reported.
ALTER TABLE views.asset_labels ADD COLUMN group_id uuid;

-- What stands there already becomes what a replay makes of it. Forced row policies bind the owner of the
-- tables, too: lifted while this migration writes.
ALTER TABLE views.assets NO FORCE ROW LEVEL SECURITY;
ALTER TABLE views.asset_labels NO FORCE ROW LEVEL SECURITY;
ALTER TABLE views.gallery_months NO FORCE ROW LEVEL SECURITY;

UPDATE views.asset_labels AS l SET group_id = m.group_id
  FROM views.assets AS a
  JOIN views.gallery_months AS m
    ON m.owner_id = a.owner_id AND m.kind = a.kind AND m.kept = a.kept AND m.scopes = a.scopes
   AND m.month = date_trunc('month', a.released_at AT TIME ZONE 'UTC')::date
   AND m.twin_id IS NOT DISTINCT FROM a.twin_id
   AND m.consent_epoch IS NOT DISTINCT FROM a.consent_epoch
 WHERE a.owner_id = l.owner_id AND a.asset_id = l.asset_id
   AND a.state = 'released' AND a.purge_at IS NULL;

ALTER TABLE views.assets FORCE ROW LEVEL SECURITY;
ALTER TABLE views.asset_labels FORCE ROW LEVEL SECURITY;
ALTER TABLE views.gallery_months FORCE ROW LEVEL SECURITY;

DROP INDEX views.labelled_newest_first;
CREATE INDEX labelled_newest_first
    ON views.asset_labels (owner_id, label_id, released_position DESC, asset_id DESC)
    INCLUDE (group_id);
