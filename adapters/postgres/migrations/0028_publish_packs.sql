-- Packs of items that were made ready to be published, while they are there; and why nothing came of one.

CREATE TABLE views.publish_packs (
    owner_id           uuid        NOT NULL,
    pack_id            uuid        NOT NULL,
    -- requested, made or failed. One whose day is over has no row.
    state              text        NOT NULL,
    asset_ids          jsonb       NOT NULL,
    presets            jsonb       NOT NULL,
    files              jsonb       NOT NULL DEFAULT '[]',
    failure_reason     text,
    requested_at       timestamptz NOT NULL,
    decided_at         timestamptz,
    requested_position bigint      NOT NULL,
    position           bigint      NOT NULL,
    PRIMARY KEY (owner_id, pack_id)
);
CREATE INDEX publish_packs_newest_first
    ON views.publish_packs (owner_id, requested_position DESC, pack_id DESC);

DO $$
DECLARE
    viewer constant text := 'nullif(current_setting(''suite.viewer'', true), '''')::uuid';
BEGIN
    ALTER TABLE views.publish_packs ENABLE ROW LEVEL SECURITY;
    ALTER TABLE views.publish_packs FORCE ROW LEVEL SECURITY;
    EXECUTE format(
        'CREATE POLICY own_rows ON views.publish_packs FOR SELECT TO reader USING (owner_id = %s)',
        viewer
    );
    CREATE POLICY projector_writes ON views.publish_packs TO projector
        USING (true) WITH CHECK (true);
    GRANT SELECT ON views.publish_packs TO reader;
    GRANT SELECT, INSERT, UPDATE, DELETE ON views.publish_packs TO projector;
END
$$;
