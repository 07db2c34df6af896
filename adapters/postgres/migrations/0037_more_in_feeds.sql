-- Purchases and identity checks are told in feeds, and a twin keeps the checkpoints of its training.

-- What ended while somebody was away. An ended job changes no more: its position is that of its end.
CREATE INDEX jobs_ended ON views.jobs (owner_id, position DESC) WHERE ended_at IS NOT NULL;

-- What a training saw on its way, of the newest one for an engine: the owner may use an earlier one.
CREATE TABLE views.twin_checkpoints (
    owner_id   uuid             NOT NULL,
    twin_id    uuid             NOT NULL,
    engine     text             NOT NULL,
    step       int              NOT NULL,
    job_id     uuid             NOT NULL,
    similarity double precision NOT NULL,
    position   bigint           NOT NULL,
    PRIMARY KEY (owner_id, twin_id, engine, step)
);

DO $$
DECLARE
    viewer constant text := 'nullif(current_setting(''suite.viewer'', true), '''')::uuid';
BEGIN
    ALTER TABLE views.twin_checkpoints ENABLE ROW LEVEL SECURITY;
    ALTER TABLE views.twin_checkpoints FORCE ROW LEVEL SECURITY;
    EXECUTE format(
        'CREATE POLICY own_rows ON views.twin_checkpoints FOR SELECT TO reader'
        ' USING (owner_id = %s)',
        viewer
    );
    CREATE POLICY projector_writes ON views.twin_checkpoints TO projector
        USING (true) WITH CHECK (true);
    GRANT SELECT ON views.twin_checkpoints TO reader;
    GRANT SELECT, INSERT, UPDATE, DELETE ON views.twin_checkpoints TO projector;
END
$$;

-- Feeds tell of verification, twins and purchases; the deltas of before lack them, also where an owner
-- had no other. All that was read before is taken as trimmed, so that whoever resumes from there takes
-- a new snapshot, and a replay compares what one release told.

ALTER TABLE views.feed NO FORCE ROW LEVEL SECURITY;
ALTER TABLE views.feed_trimmed NO FORCE ROW LEVEL SECURITY;
ALTER TABLE views.read_to NO FORCE ROW LEVEL SECURITY;

WITH gone AS (DELETE FROM views.feed RETURNING owner_id)
INSERT INTO views.feed_trimmed AS t (owner_id, position, dropped)
SELECT r.owner_id, r.position, (SELECT count(*) FROM gone AS g WHERE g.owner_id = r.owner_id)
  FROM views.read_to AS r
ON CONFLICT (owner_id) DO UPDATE
   SET position = greatest(t.position, excluded.position),
       dropped = t.dropped + excluded.dropped;

ALTER TABLE views.feed FORCE ROW LEVEL SECURITY;
ALTER TABLE views.feed_trimmed FORCE ROW LEVEL SECURITY;
ALTER TABLE views.read_to FORCE ROW LEVEL SECURITY;
