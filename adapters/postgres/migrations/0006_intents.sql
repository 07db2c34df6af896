-- Intents: what is to be done because of events, one row an effect, until it was done.
--
-- No function and no default here asks what time it is: all times are those of whoever writes.

CREATE TABLE events.intents (
    -- The idempotency key of the command in which it ends.
    intent_id uuid PRIMARY KEY,
    -- The order in which they were written, for those that are due at one time.
    number bigint GENERATED ALWAYS AS IDENTITY,
    owner_id uuid NOT NULL,
    cause_position bigint NOT NULL,
    reaction text NOT NULL,
    target text NOT NULL,
    payload bytea NOT NULL,
    created_at timestamptz NOT NULL,
    next_try_at timestamptz NOT NULL,
    -- Failures, not tries: one that waits for a provider has none.
    attempts int NOT NULL DEFAULT 0,
    done_at timestamptz,
    outcome text,
    parked_at timestamptz,
    -- The name of a class: what an error says may name a person.
    last_error text,
    -- Where only so many of one owner's may stand at once: in which queue, whether this one has a
    -- place in it, and when it was last announced there.
    queue text,
    has_place boolean NOT NULL DEFAULT false,
    announced_at timestamptz,
    CHECK ((done_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX intents_of_owner ON events.intents (owner_id, next_try_at, number)
    WHERE done_at IS NULL;
CREATE INDEX intents_parked ON events.intents (parked_at)
    WHERE done_at IS NULL AND parked_at IS NOT NULL;
CREATE INDEX intents_done ON events.intents (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX intents_of_unread_events ON events.intents (reaction)
    WHERE done_at IS NULL AND reaction = 'event-is-read';
CREATE INDEX intents_in_place ON events.intents (owner_id, queue)
    WHERE done_at IS NULL AND has_place;
CREATE INDEX intents_in_queue ON events.intents (owner_id, queue, number)
    WHERE done_at IS NULL AND queue IS NOT NULL;
CREATE INDEX intents_in_queue_by_target ON events.intents (owner_id, target)
    WHERE done_at IS NULL AND queue IS NOT NULL;

-- One row for every owner with a pending intent. The lease lies here and not on the intent, so that
-- one owner's intents are done one at a time, and finding the next owner looks at no backlog.
CREATE TABLE events.turns (
    owner_id uuid PRIMARY KEY,
    -- Not before the first of the owner's intents is due. Later by as long as others went first.
    due_at timestamptz NOT NULL,
    leased_until timestamptz,
    lease_id uuid
) WITH (fillfactor = 50);
CREATE INDEX turns_in_order ON events.turns (due_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON events.intents, events.turns TO writer;

-- When a kind of sweep was last begun. Whoever moves it on sweeps, and nobody else until it is due.
CREATE TABLE events.sweeps (
    name text PRIMARY KEY,
    begun_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON events.sweeps TO writer;

-- What retention sweeps look for, and that they may delete it.
CREATE INDEX commands_by_age ON events.commands (recorded_at);
CREATE INDEX webhooks_by_age ON vault.webhooks (received_at);
GRANT DELETE ON events.snapshots TO writer;

-- Forget at most so many of the oldest commands that were recorded before a time, and none that is
-- younger than a month, whatever is asked: a forgotten key is taken for a new one. Answers how many.
CREATE FUNCTION events.forget_commands(recorded_before timestamptz, at_most int) RETURNS int
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    forgotten int;
BEGIN
    DELETE FROM events.commands WHERE (owner_id, key) IN (
        SELECT c.owner_id, c.key FROM events.commands c
        WHERE c.recorded_at < least(recorded_before, clock_timestamp() - interval '30 days')
        ORDER BY c.recorded_at LIMIT at_most
    );
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END
$$;
REVOKE ALL ON FUNCTION events.forget_commands FROM PUBLIC;
GRANT EXECUTE ON FUNCTION events.forget_commands TO writer;
