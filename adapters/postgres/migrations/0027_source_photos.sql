-- Photos of their own that owners begin pictures and clips with, and what was made from which.

CREATE TABLE views.source_photos (
    owner_id         uuid        NOT NULL,
    photo_id         uuid        NOT NULL,
    twin_id          uuid        NOT NULL,
    consent_epoch    int         NOT NULL,
    engine           text        NOT NULL,
    -- planned, submitted, accepted or refused. One that was deleted has no row.
    state            text        NOT NULL,
    flaws            jsonb       NOT NULL DEFAULT '[]',
    object_key       text,
    sha256           text,
    size_bytes       bigint,
    width            int,
    height           int,
    planned_at       timestamptz NOT NULL,
    decided_at       timestamptz,
    planned_position bigint      NOT NULL,
    position         bigint      NOT NULL,
    PRIMARY KEY (owner_id, photo_id)
);
CREATE INDEX source_photos_newest_first
    ON views.source_photos (owner_id, planned_position DESC, photo_id DESC);

ALTER TABLE views.jobs ADD COLUMN source_photo_id uuid;
ALTER TABLE views.assets ADD COLUMN source_photo_id uuid;

DO $$
DECLARE
    viewer constant text := 'nullif(current_setting(''suite.viewer'', true), '''')::uuid';
BEGIN
    ALTER TABLE views.source_photos ENABLE ROW LEVEL SECURITY;
    ALTER TABLE views.source_photos FORCE ROW LEVEL SECURITY;
    EXECUTE format(
        'CREATE POLICY own_rows ON views.source_photos FOR SELECT TO reader USING (owner_id = %s)',
        viewer
    );
    CREATE POLICY projector_writes ON views.source_photos TO projector
        USING (true) WITH CHECK (true);
    GRANT SELECT ON views.source_photos TO reader;
    GRANT SELECT, INSERT, UPDATE, DELETE ON views.source_photos TO projector;
END
$$;
