-- A withdrawal, a scope taken back and an owner found under age are told to whoever follows a
-- gallery; the deltas of before lack them. They are dropped as if trimmed, so that whoever resumes
-- from before takes a new snapshot, and a replay compares what one release told.

ALTER TABLE views.feed NO FORCE ROW LEVEL SECURITY;
ALTER TABLE views.feed_trimmed NO FORCE ROW LEVEL SECURITY;

WITH gone AS (DELETE FROM views.feed RETURNING owner_id, position)
INSERT INTO views.feed_trimmed AS t (owner_id, position, dropped)
SELECT owner_id, max(position), count(*) FROM gone GROUP BY owner_id
ON CONFLICT (owner_id) DO UPDATE
   SET position = greatest(t.position, excluded.position),
       dropped = t.dropped + excluded.dropped;

ALTER TABLE views.feed FORCE ROW LEVEL SECURITY;
ALTER TABLE views.feed_trimmed FORCE ROW LEVEL SECURITY;
