-- Good photos of a set that was refused for others stay for the next one. Of sets refused before, none
-- did.

ALTER TABLE views.twins ADD COLUMN kept_photos uuid[] NOT NULL DEFAULT '{}';
