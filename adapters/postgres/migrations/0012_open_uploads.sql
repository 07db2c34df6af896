-- Which photo sets of a twin may be uploaded, and until when: two columns as long as each other. What
-- was planned before this migration is not among them, and is over within the hour.
ALTER TABLE views.twins
    ADD COLUMN open_uploads       uuid[]        NOT NULL DEFAULT '{}',
    ADD COLUMN open_uploads_until timestamptz[] NOT NULL DEFAULT '{}';
