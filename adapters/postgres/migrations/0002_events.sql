-- The event store: one table of facts, and beside it what makes commands idempotent and loads quick.

CREATE SCHEMA events;

CREATE TABLE events.stored_events (
    -- Commit order: assigned under the table lock, without gaps, from 1.
    notification_id bigint PRIMARY KEY,
    owner_id uuid NOT NULL,
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL CHECK (originator_version >= 1),
    event_type text NOT NULL,
    data bytea NOT NULL CHECK (octet_length(data) <= 65536),
    recorded_at timestamptz NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    link bytea NOT NULL CHECK (octet_length(link) = 32),
    UNIQUE (originator_id, originator_version)
);

CREATE TABLE events.commands (
    owner_id uuid NOT NULL,
    key uuid NOT NULL,
    args_hmac bytea NOT NULL,
    result bytea NOT NULL,
    position bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (owner_id, key)
);

-- A cache of folded states. Rows may be deleted at any time; `shape` names the structure of `state`.
CREATE TABLE events.snapshots (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    owner_id uuid NOT NULL,
    aggregate text NOT NULL,
    shape bytea NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (originator_id, originator_version)
);

CREATE TABLE events.positions (
    reader text PRIMARY KEY,
    position bigint NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT now()
);

-- SHA-256 over one event. The byte layout is documented in adapters/event_store/chain.py.
CREATE FUNCTION events.digest_of(id uuid, version bigint, event_type text, data bytea)
RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(
    '\x73756974652e6576656e742e7631'::bytea -- suite.event.v1
    || int4send(16) || uuid_send(id)
    || int4send(8) || int8send(version)
    || int4send(octet_length(convert_to(event_type, 'UTF8'))) || convert_to(event_type, 'UTF8')
    || int4send(octet_length(data)) || data
);

-- The one way in. Call it once in a transaction that holds the owner's lock, and commit at once: the
-- table lock, taken here, makes every other writer wait and lets every reader read.
--
-- All arrays of events have one length, and so have the two of unchanged aggregates. Answers the
-- position of the last event, or the current one where there are no events. Raises
-- serialization_failure (40001) where an aggregate has moved on, unique_violation where the command's
-- key is taken, and check_violation for what no correct caller sends.
CREATE FUNCTION events.insert_events(
    of_owner uuid,
    ids uuid[],
    versions bigint[],
    types text[],
    datas bytea[],
    unchanged_ids uuid[],
    unchanged_versions bigint[],
    command_key uuid,
    command_args_hmac bytea,
    command_result bytea
) RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    head bigint;
    previous_link bytea;
    event record;
    expected record;
    current_id uuid;
    current_version bigint;
    current_owner uuid;
    event_digest bytea;
BEGIN
    LOCK TABLE events.stored_events IN EXCLUSIVE MODE;

    SELECT s.notification_id, s.link INTO head, previous_link
    FROM events.stored_events s ORDER BY s.notification_id DESC LIMIT 1;
    IF head IS NULL THEN
        head := 0;
        previous_link := decode(repeat('00', 32), 'hex');
    END IF;

    FOR expected IN SELECT * FROM unnest(unchanged_ids, unchanged_versions) AS u(id, version)
    LOOP
        SELECT max(s.originator_version) INTO current_version
        FROM events.stored_events s WHERE s.originator_id = expected.id;
        IF current_version IS DISTINCT FROM expected.version THEN
            RAISE EXCEPTION 'an aggregate that had to stay unchanged has moved on'
                USING ERRCODE = 'serialization_failure';
        END IF;
    END LOOP;

    FOR event IN
        SELECT * FROM unnest(ids, versions, types, datas) AS e(id, version, type, data)
    LOOP
        -- Events of one aggregate stand together, so this runs once an aggregate.
        IF current_id IS DISTINCT FROM event.id THEN
            current_id := event.id;
            current_version := 0;
            current_owner := of_owner;
            SELECT s.originator_version, s.owner_id INTO current_version, current_owner
            FROM events.stored_events s WHERE s.originator_id = event.id
            ORDER BY s.originator_version DESC LIMIT 1;
            current_version := coalesce(current_version, 0);
            IF coalesce(current_owner, of_owner) <> of_owner THEN
                RAISE EXCEPTION 'an aggregate keeps its owner' USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        IF event.version <= current_version THEN
            RAISE EXCEPTION 'somebody else saved this aggregate first'
                USING ERRCODE = 'serialization_failure';
        ELSIF event.version <> current_version + 1 THEN
            RAISE EXCEPTION 'an aggregate''s versions have no gaps'
                USING ERRCODE = 'check_violation';
        END IF;
        current_version := event.version;
        head := head + 1;
        event_digest := events.digest_of(event.id, event.version, event.type, event.data);
        previous_link := sha256(
            '\x73756974652e6c696e6b2e7631'::bytea -- suite.link.v1
            || previous_link || event_digest
        );
        INSERT INTO events.stored_events (
            notification_id, owner_id, originator_id, originator_version, event_type, data,
            recorded_at, digest, link
        ) VALUES (
            head, of_owner, event.id, event.version, event.type, event.data,
            clock_timestamp(), event_digest, previous_link
        );
    END LOOP;

    IF command_key IS NOT NULL THEN
        INSERT INTO events.commands (owner_id, key, args_hmac, result, position, recorded_at)
        VALUES (
            of_owner, command_key, command_args_hmac, command_result, head, clock_timestamp()
        );
    END IF;

    IF cardinality(ids) > 0 THEN
        PERFORM pg_notify('events', head::text);
    END IF;
    RETURN head;
END
$$;

REVOKE ALL ON FUNCTION events.insert_events FROM PUBLIC;
REVOKE ALL ON FUNCTION events.digest_of FROM PUBLIC;

GRANT USAGE ON SCHEMA events TO writer, projector;
GRANT EXECUTE ON FUNCTION events.insert_events TO writer;
GRANT EXECUTE ON FUNCTION events.digest_of TO writer, projector;
GRANT SELECT ON events.stored_events TO writer, projector;
GRANT SELECT ON events.commands TO writer;
GRANT SELECT, INSERT ON events.snapshots TO writer;
GRANT SELECT, INSERT, UPDATE ON events.positions TO writer, projector;
