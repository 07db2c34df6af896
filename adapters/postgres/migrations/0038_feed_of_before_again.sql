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
