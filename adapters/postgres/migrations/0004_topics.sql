-- Topics as rows: what Kafka is to a studio on many machines, for a studio on one.
--
-- A partition is an ordered log. Whoever appends holds the partition's row, so that offsets are
-- assigned in commit order and a reader never passes by a record that is still to be committed.

CREATE SCHEMA topics;
GRANT USAGE ON SCHEMA topics TO topics;

CREATE TABLE topics.topics (
    name text PRIMARY KEY,
    partitions integer NOT NULL CHECK (partitions > 0),
    retention_s bigint NOT NULL CHECK (retention_s > 0)
);

CREATE TABLE topics.partitions (
    topic text NOT NULL REFERENCES topics.topics (name),
    partition integer NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- `headers` is a MessagePack list of (name, bytes) pairs.
CREATE TABLE topics.records (
    topic text NOT NULL,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    key text NOT NULL,
    headers bytea NOT NULL,
    content bytea NOT NULL,
    appended_at timestamptz NOT NULL,
    PRIMARY KEY (topic, partition, record_offset)
);

CREATE TABLE topics.groups (
    name text PRIMARY KEY
);

-- The next offset to read, per group.
CREATE TABLE topics.offsets (
    group_name text NOT NULL REFERENCES topics.groups (name),
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL CHECK (next_offset >= 0),
    PRIMARY KEY (group_name, topic, partition)
) WITH (fillfactor = 50);

-- A membership is a lease by this server's clock. A new incarnation under the same id fences the
-- one before it.
CREATE TABLE topics.members (
    group_name text NOT NULL REFERENCES topics.groups (name),
    member_id text NOT NULL,
    incarnation uuid NOT NULL,
    topics text[] NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (group_name, member_id)
) WITH (fillfactor = 50);

-- Who holds which partition. A member that goes takes its holdings with it.
CREATE TABLE topics.holdings (
    group_name text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    member_id text NOT NULL,
    PRIMARY KEY (group_name, topic, partition),
    FOREIGN KEY (group_name, member_id)
        REFERENCES topics.members (group_name, member_id) ON DELETE CASCADE,
    FOREIGN KEY (topic, partition) REFERENCES topics.partitions (topic, partition)
);
CREATE INDEX holdings_by_member ON topics.holdings (group_name, member_id);

CREATE TABLE topics.sweeps (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    swept_at timestamptz NOT NULL
);
INSERT INTO topics.sweeps (swept_at) VALUES ('-infinity');

-- Append a batch: records of one partition get offsets in the order of the arrays.
-- Raises UT001 where a partition does not exist.
CREATE FUNCTION topics.append(
    topics_ text[], partitions_ integer[], keys_ text[], headers_ bytea[], contents_ bytea[]
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
    wanted integer;
    locked integer;
BEGIN
    SELECT count(DISTINCT (u.topic, u.partition)) INTO wanted
    FROM unnest(topics_, partitions_) AS u (topic, partition);

    -- One order for everybody, so that two batches never wait for each other.
    WITH held AS MATERIALIZED (
        SELECT p.topic, p.partition
        FROM topics.partitions p
        WHERE (p.topic, p.partition) IN (
            SELECT u.topic, u.partition FROM unnest(topics_, partitions_) AS u (topic, partition)
        )
        ORDER BY p.topic, p.partition
        FOR UPDATE
    )
    SELECT count(*) INTO locked FROM held;
    IF locked < wanted THEN
        RAISE EXCEPTION 'a partition does not exist' USING ERRCODE = 'UT001';
    END IF;

    WITH given AS (
        SELECT u.*,
            row_number() OVER (PARTITION BY u.topic, u.partition ORDER BY u.turn) - 1 AS step
        FROM unnest(topics_, partitions_, keys_, headers_, contents_) WITH ORDINALITY
            AS u (topic, partition, key, headers, content, turn)
    ), placed AS (
        INSERT INTO topics.records
            (topic, partition, record_offset, key, headers, content, appended_at)
        SELECT g.topic, g.partition, p.next_offset + g.step, g.key, g.headers, g.content,
            clock_timestamp()
        FROM given g JOIN topics.partitions p USING (topic, partition)
    )
    UPDATE topics.partitions p
    SET next_offset = p.next_offset + n.records
    FROM (SELECT topic, partition, count(*) AS records FROM given GROUP BY topic, partition) n
    WHERE p.topic = n.topic AND p.partition = n.partition;

    PERFORM pg_notify('topics', u.topic) FROM (SELECT DISTINCT unnest(topics_) AS topic) u;
END
$$;

-- Drop what is older than its topic's retention. Records of a partition lie in the order of their
-- time, so only what goes is looked at.
CREATE FUNCTION topics.sweep() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
    log record;
    kept bigint;
BEGIN
    FOR log IN
        SELECT p.topic, p.partition, p.next_offset,
            clock_timestamp() - make_interval(secs => t.retention_s) AS oldest
        FROM topics.partitions p JOIN topics.topics t ON t.name = p.topic
    LOOP
        SELECT r.record_offset INTO kept
        FROM topics.records r
        WHERE r.topic = log.topic AND r.partition = log.partition AND r.appended_at >= log.oldest
        ORDER BY r.record_offset
        LIMIT 1;
        DELETE FROM topics.records r
        WHERE r.topic = log.topic AND r.partition = log.partition
            AND r.record_offset < coalesce(kept, log.next_offset);
    END LOOP;
END
$$;

-- Sweep unless someone did within the last `interval_s` seconds. Answers whether it did.
CREATE FUNCTION topics.sweep_if_due(interval_s double precision) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
    PERFORM 1 FROM topics.sweeps
    WHERE swept_at < clock_timestamp() - make_interval(secs => interval_s)
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE topics.sweeps SET swept_at = clock_timestamp();
    PERFORM topics.sweep();
    RETURN true;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA topics TO topics;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA topics FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA topics TO topics;
