-- What a page shows of a picture until its file is there: a ThumbHash in Base64. What was released
-- before has none until `suite media backfill` has made it.

ALTER TABLE views.assets ADD COLUMN placeholder text;
