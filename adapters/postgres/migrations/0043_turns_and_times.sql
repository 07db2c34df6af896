-- An owner may let a waiting job go before another one of theirs: the two change places in line.

-- Where it stands among its owner's in its queue; NULL: at the position of its cause.
ALTER TABLE events.intents ADD COLUMN turn bigint;

DROP INDEX events.intents_of_owner;
CREATE INDEX intents_of_owner
    ON events.intents (owner_id, next_try_at, (coalesce(turn, cause_position)), number)
    WHERE done_at IS NULL;
DROP INDEX events.intents_in_queue;
CREATE INDEX intents_in_queue
    ON events.intents (owner_id, queue, (coalesce(turn, cause_position)), number)
    WHERE done_at IS NULL AND queue IS NOT NULL;

-- The position of the log at which a job stands in line, among everybody's: where it was asked for,
-- unless its owner has moved it. NULL of one that does not wait.
ALTER TABLE views.jobs ADD COLUMN turn bigint;

-- What stands there already becomes what a replay makes of it. Forced row policies bind the owner of the
-- tables, too: lifted while this migration writes.
ALTER TABLE views.jobs NO FORCE ROW LEVEL SECURITY;
UPDATE views.jobs SET turn = position WHERE state = 'requested';
ALTER TABLE views.jobs FORCE ROW LEVEL SECURITY;

DROP INDEX views.jobs_waiting;
CREATE INDEX jobs_waiting ON views.jobs (turn) INCLUDE (kind, engine) WHERE state = 'requested';

-- What has not ended is told of, however much was asked for since.
CREATE INDEX jobs_open_of_owner ON views.jobs (owner_id, requested_position DESC) WHERE ended_at IS NULL;

-- What was bought and given, among many entries of jobs.
CREATE INDEX statement_of_credits ON views.statement (owner_id, position DESC) WHERE job_id IS NULL;

-- Entries by the time at which they were recorded: an auditor asks for a day of years ago.
CREATE INDEX statement_by_time ON views.statement (recorded_at, position);

-- As before, but of turns: how many waiting jobs come before each of these.
CREATE OR REPLACE FUNCTION queue.ahead_of(positions bigint[])
RETURNS TABLE (place_of bigint, ahead int, ahead_s double precision, running int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH line AS MATERIALIZED (
        SELECT j.turn, j.kind, j.engine FROM views.jobs AS j
         WHERE j.state = 'requested'
           AND j.turn < (SELECT max(mine) FROM unnest(positions) AS mine)
           AND nullif(current_setting('suite.viewer', true), '') IS NOT NULL
         ORDER BY j.turn LIMIT 1000
    ), busy AS MATERIALIZED (
        SELECT j.kind, j.engine FROM views.jobs AS j
         WHERE j.state = 'started'
           AND nullif(current_setting('suite.viewer', true), '') IS NOT NULL
         LIMIT 1000
    ), paces AS MATERIALIZED (
        SELECT lane.kind, lane.engine, queue.takes_s(lane.kind, lane.engine) AS takes_s
          FROM (SELECT kind, engine FROM line UNION SELECT kind, engine FROM busy) AS lane
    ), begun AS MATERIALIZED (
        SELECT count(*)::int AS jobs, coalesce(sum(takes_s) / 2, 0) AS left_s,
               coalesce(bool_or(takes_s IS NULL), false) AS unknown
          FROM busy JOIN paces USING (kind, engine)
    ), priced AS MATERIALIZED (
        SELECT line.turn, paces.takes_s FROM line JOIN paces USING (kind, engine)
    )
    SELECT mine, count(priced.turn)::int,
           CASE WHEN begun.unknown
                  OR bool_or(priced.turn IS NOT NULL AND priced.takes_s IS NULL) THEN NULL
                ELSE begun.left_s + coalesce(sum(priced.takes_s), 0) END,
           begun.jobs
      FROM unnest(positions) AS mine
     CROSS JOIN begun
      LEFT JOIN priced ON priced.turn < mine
     GROUP BY mine, begun.jobs, begun.left_s, begun.unknown
$$;
