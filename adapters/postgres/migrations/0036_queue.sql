-- Where a waiting job stands in line, among the jobs of everybody: numbers, and nothing of whose.

CREATE INDEX jobs_waiting ON views.jobs (position) INCLUDE (kind, engine)
    WHERE state = 'requested';
CREATE INDEX jobs_waiting_of_owner ON views.jobs (owner_id) WHERE state = 'requested';
CREATE INDEX jobs_running ON views.jobs (owner_id) INCLUDE (kind, engine) WHERE state = 'started';
-- What was done at the first attempt says how long work takes.
CREATE INDEX jobs_done ON views.jobs (kind, engine, ended_at DESC) INCLUDE (started_at)
    WHERE state = 'completed' AND attempt = 1;

-- For the functions below, which run as the role that owns them. Nobody reads rows as that role.
CREATE POLICY queue_is_counted ON views.jobs FOR SELECT TO migrator USING (true);

-- Not in schema views: a rebuild replaces all of that.
CREATE SCHEMA queue;

-- How long a job of this kind took on this engine lately, from its start to its end; NULL if none did.
CREATE FUNCTION queue.takes_s(wanted_kind text, wanted_engine text)
RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT avg(extract(epoch FROM lately.ended_at - lately.started_at))::double precision
      FROM (
        SELECT j.started_at, j.ended_at FROM views.jobs AS j
         WHERE j.kind = wanted_kind AND j.engine = wanted_engine
           AND j.state = 'completed' AND j.attempt = 1
           AND nullif(current_setting('suite.viewer', true), '') IS NOT NULL
         ORDER BY j.ended_at DESC LIMIT 20
      ) AS lately
$$;

-- Of jobs that wait since these positions: how many wait for longer, how long those take one after
-- the other, with half of what each takes that runs (NULL where nothing like one of them was ever
-- done), and how many run at once now. Bounded, however long the line is: of those ahead it counts
-- 1,000, of those that run, too, and a kind of work takes what its last 20 jobs took.
CREATE FUNCTION queue.ahead_of(positions bigint[])
RETURNS TABLE (place_of bigint, ahead int, ahead_s double precision, running int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH line AS MATERIALIZED (
        SELECT j.position, j.kind, j.engine FROM views.jobs AS j
         WHERE j.state = 'requested'
           AND j.position < (SELECT max(mine) FROM unnest(positions) AS mine)
           AND nullif(current_setting('suite.viewer', true), '') IS NOT NULL
         ORDER BY j.position LIMIT 1000
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
        SELECT line.position, paces.takes_s FROM line JOIN paces USING (kind, engine)
    )
    SELECT mine, count(priced.position)::int,
           CASE WHEN begun.unknown
                  OR bool_or(priced.position IS NOT NULL AND priced.takes_s IS NULL) THEN NULL
                ELSE begun.left_s + coalesce(sum(priced.takes_s), 0) END,
           begun.jobs
      FROM unnest(positions) AS mine
     CROSS JOIN begun
      LEFT JOIN priced ON priced.position < mine
     GROUP BY mine, begun.jobs, begun.left_s, begun.unknown
$$;

REVOKE ALL ON FUNCTION queue.ahead_of(bigint[]), queue.takes_s(text, text) FROM PUBLIC;
GRANT USAGE ON SCHEMA queue TO reader;
GRANT EXECUTE ON FUNCTION queue.ahead_of(bigint[]), queue.takes_s(text, text) TO reader;
