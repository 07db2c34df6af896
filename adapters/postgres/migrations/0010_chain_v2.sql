-- The chain's second version: a row's digest also covers its owner, its time and its class, and says
-- so of a row whose content is withheld. The byte layouts are documented in
-- adapters/event_store/chain.py.
--
-- Rows of before keep digest and link. One anchor commits to what their digests leave out, and the
-- next row's link follows from the anchor, which follows from the last old link: every link that
-- anybody noted still occurs. The anchor is a table of its own with one row, since every row of the
-- event table is a fact to whoever reads along, and its position belongs to an event.
--
-- Reads every stored event once and rewrites none. Nobody else reads or writes events meanwhile.

LOCK TABLE events.stored_events IN ACCESS EXCLUSIVE MODE;

-- The ledger's aggregates, as in domain/event_class.py. Neither this nor the digest is strict: a
-- strict function that holds a CASE is never inlined, and a call takes as long as the hashes.
CREATE FUNCTION events.class_of(event_type text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN split_part(event_type, '.', 1) IN ('price-list', 'wallet') THEN 'ledger'
    ELSE 'other'
END;

CREATE FUNCTION events.content_of(
    owner_id uuid, id uuid, version bigint, event_type text, data bytea
)
RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(
    '\x73756974652e636f6e74656e742e7632'::bytea -- suite.content.v2
    || int4send(16) || uuid_send(owner_id)
    || int4send(16) || uuid_send(id)
    || int4send(8) || int8send(version)
    || int4send(octet_length(convert_to(event_type, 'UTF8'))) || convert_to(event_type, 'UTF8')
    || int4send(octet_length(data)) || data
);

-- A time is sent as microseconds since the beginning of 2000 in UTC: eight bytes, as it is stored.
-- The constants hold the lengths and the class, since every writer waits for every microsecond.
CREATE FUNCTION events.digest_v2_of(
    "position" bigint, recorded_at timestamptz, class text, content bytea
)
RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(
    '\x73756974652e6576656e742e763200000008'::bytea -- suite.event.v2, 8
    || int8send("position")
    || '\x00000008'::bytea || timestamptz_send(recorded_at)
    || CASE class
        WHEN 'ledger' THEN '\x000000066c656467657200000020'::bytea -- 6, ledger, 32
        WHEN 'other' THEN '\x000000056f7468657200000020'::bytea -- 5, other, 32
    END
    || content
);

CREATE FUNCTION events.commitment_of(commitment bytea, digest bytea)
RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(
    '\x73756974652e636f6d6d69746d656e742e7632'::bytea -- suite.commitment.v2
    || commitment || digest
);

CREATE TABLE events.chain_anchor (
    -- The last row of before; there is none where the store was empty.
    "position" bigint PRIMARY KEY,
    commitment bytea NOT NULL CHECK (octet_length(commitment) = 32),
    link bytea NOT NULL CHECK (octet_length(link) = 32)
);

CREATE UNIQUE INDEX chain_anchor_is_one ON events.chain_anchor ((true));

DO $$
DECLARE
    stored record;
    head bigint := 0;
    head_link bytea;
    commitment bytea := decode(repeat('00', 32), 'hex');
BEGIN
    FOR stored IN
        SELECT s.notification_id, s.link, events.digest_v2_of(
            s.notification_id, s.recorded_at, events.class_of(s.event_type),
            events.content_of(
                s.owner_id, s.originator_id, s.originator_version, s.event_type, s.data
            )
        ) AS digest
        FROM events.stored_events s ORDER BY s.notification_id
    LOOP
        head := stored.notification_id;
        head_link := stored.link;
        commitment := events.commitment_of(commitment, stored.digest);
    END LOOP;
    IF head > 0 THEN
        INSERT INTO events.chain_anchor VALUES (head, commitment, sha256(
            '\x73756974652e616e63686f722e7632'::bytea -- suite.anchor.v2
            || int4send(8) || int8send(head)
            || int4send(32) || head_link
            || int4send(32) || commitment
        ));
    END IF;
END
$$;

-- As it was when the row was written, whatever a later release counts to the ledger. Rows of before
-- the anchor have none. No check: it would take as long as a hash, and a third class has no digest.
ALTER TABLE events.stored_events ADD COLUMN class text;

-- A save that waited for this migration goes on in the function of before, whose rows have no class:
-- they would fork the chain. It is told to begin again, and then meets the new function.
CREATE FUNCTION events.refuse_unclassed() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'this save began before the chain changed'
        USING ERRCODE = 'serialization_failure';
END
$$;

CREATE TRIGGER refuse_unclassed BEFORE INSERT ON events.stored_events
    FOR EACH ROW WHEN (NEW.class IS NULL) EXECUTE FUNCTION events.refuse_unclassed();

-- As before, and: what is recorded is classed and chained in the second version, and is never
-- earlier than the row before it, whatever the clock does.
CREATE OR REPLACE FUNCTION events.insert_events(
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
    head_class text;
    now_recorded timestamptz;
    event record;
    expected record;
    current_id uuid;
    current_version bigint;
    current_owner uuid;
    event_class text;
    event_digest bytea;
BEGIN
    LOCK TABLE events.stored_events IN EXCLUSIVE MODE;

    SELECT s.notification_id, s.link, s.class, s.recorded_at
    INTO head, previous_link, head_class, now_recorded
    FROM events.stored_events s ORDER BY s.notification_id DESC LIMIT 1;
    IF head IS NULL THEN
        head := 0;
        previous_link := decode(repeat('00', 32), 'hex');
        now_recorded := '-infinity';
    ELSIF head_class IS NULL THEN
        SELECT a.link INTO STRICT previous_link
        FROM events.chain_anchor a WHERE a."position" = head;
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
        now_recorded := greatest(now_recorded, clock_timestamp());
        event_class := events.class_of(event.type);
        event_digest := events.digest_v2_of(
            head, now_recorded, event_class,
            events.content_of(of_owner, event.id, event.version, event.type, event.data)
        );
        previous_link := sha256(
            '\x73756974652e6c696e6b2e7632'::bytea -- suite.link.v2
            || previous_link || event_digest
        );
        INSERT INTO events.stored_events (
            notification_id, owner_id, originator_id, originator_version, event_type, data,
            recorded_at, class, digest, link
        ) VALUES (
            head, of_owner, event.id, event.version, event.type, event.data,
            now_recorded, event_class, event_digest, previous_link
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

REVOKE ALL ON FUNCTION events.class_of FROM PUBLIC;
REVOKE ALL ON FUNCTION events.content_of FROM PUBLIC;
REVOKE ALL ON FUNCTION events.digest_v2_of FROM PUBLIC;
REVOKE ALL ON FUNCTION events.commitment_of FROM PUBLIC;
REVOKE ALL ON FUNCTION events.refuse_unclassed FROM PUBLIC;

GRANT EXECUTE ON FUNCTION events.class_of TO writer, projector;
GRANT SELECT ON events.chain_anchor TO projector;
