-- Where a handler that raises puts what it cannot handle, so that everybody else goes on.

-- Reports that the recorder could not record: each as the record that it was, in order per job or
-- submission (`about`). The first of each is tried again when it is due; the others wait behind it.
-- No personal data: a report holds ids, numbers and enums.
CREATE TABLE events.parked_messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    about uuid NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    -- A MessagePack list of (name, bytes) pairs.
    headers bytea NOT NULL,
    content bytea NOT NULL CHECK (octet_length(content) <= 262144),
    error text NOT NULL,
    attempts integer NOT NULL CHECK (attempts >= 0),
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    -- A record that is delivered again is the same record. Where a topic is made anew, its offsets
    -- begin anew, with other bytes.
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    UNIQUE (topic, partition, record_offset, digest)
);
CREATE INDEX parked_messages_in_order ON events.parked_messages (about, id);
GRANT SELECT, INSERT, UPDATE, DELETE ON events.parked_messages TO writer;

-- One owner's facts in order, for who catches up with that owner alone.
CREATE INDEX stored_events_of_owner ON events.stored_events (owner_id, notification_id);

-- Owners whose read models stand still before `position`: the fact there could not be folded. Their
-- later facts are passed over, and read from the event store once that fact can be.
CREATE TABLE views.parked_owners (
    owner_id   uuid        NOT NULL PRIMARY KEY,
    position   bigint      NOT NULL,
    event_type text        NOT NULL,
    error      text        NOT NULL,
    attempts   int         NOT NULL,
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    due_at     timestamptz NOT NULL
);
ALTER TABLE views.parked_owners ENABLE ROW LEVEL SECURITY;
ALTER TABLE views.parked_owners FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON views.parked_owners FOR SELECT TO reader
    USING (owner_id = nullif(current_setting('suite.viewer', true), '')::uuid);
CREATE POLICY projector_writes ON views.parked_owners TO projector
    USING (true) WITH CHECK (true);
GRANT SELECT ON views.parked_owners TO reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON views.parked_owners TO projector;
