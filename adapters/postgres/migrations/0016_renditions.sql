-- An asset is a tuple of files. The columns of its master stay, since lists and filters read those; all
-- files, the master among them, stand in `renditions`, and what a twin's clip is like in `likeness`.

ALTER TABLE views.assets ADD COLUMN renditions jsonb NOT NULL DEFAULT '[]';
ALTER TABLE views.assets ADD COLUMN duration_ms int;
ALTER TABLE views.assets ADD COLUMN likeness jsonb NOT NULL DEFAULT '[]';
ALTER TABLE views.assets ADD COLUMN source_asset_id uuid;

-- What a job reads besides its photos: the picture that it begins with.
ALTER TABLE views.jobs ADD COLUMN inputs jsonb NOT NULL DEFAULT '[]';
ALTER TABLE views.jobs ADD COLUMN source_asset_id uuid;
CREATE INDEX assets_from_source ON views.assets (owner_id, source_asset_id)
 WHERE source_asset_id IS NOT NULL;

-- What stands in the gallery already becomes what a replay of the same events makes of it. Forced row
-- policies bind the owner of the table, too: lifted while this migration writes.
ALTER TABLE views.assets NO FORCE ROW LEVEL SECURITY;

UPDATE views.assets SET renditions = jsonb_build_array(jsonb_build_object(
    'role', 'master', 'object_key', object_key, 'sha256', sha256, 'size_bytes', size_bytes,
    'media_type', media_type, 'width', width, 'height', height, 'duration_ms', NULL));

ALTER TABLE views.assets FORCE ROW LEVEL SECURITY;
