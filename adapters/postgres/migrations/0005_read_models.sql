-- Read models: what viewers see. Owned by projections/; rebuilt from the event store at any time.
-- Every table has owner_id first in its key and a forced row policy (see the end of this file).

CREATE SCHEMA IF NOT EXISTS views;

-- The projector's memory: facts of this owner up to this position are folded into this read model.
CREATE TABLE views.read_to (
    owner_id   uuid   NOT NULL,
    projection text   NOT NULL,
    position   bigint NOT NULL,
    PRIMARY KEY (owner_id, projection)
);

-- Per partition of the facts: nothing up to this position is still to come. Owned by SYSTEM.
CREATE TABLE views.watermarks (
    owner_id  uuid   NOT NULL,
    partition int    NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (owner_id, partition)
);

CREATE TABLE views.account (
    owner_id        uuid        NOT NULL PRIMARY KEY,
    registered_at   timestamptz NOT NULL,
    verification_id uuid,
    verification    text        NOT NULL DEFAULT 'none',
    outcome         text,
    assurance       text,
    country         text,
    valid_until     timestamptz,
    position        bigint      NOT NULL
);

CREATE TABLE views.verifications (
    owner_id        uuid        NOT NULL,
    verification_id uuid        NOT NULL,
    provider        text        NOT NULL,
    state           text        NOT NULL DEFAULT 'started',
    outcome         text,
    assurance       text,
    country         text,
    valid_until     timestamptz,
    started_at      timestamptz NOT NULL,
    decided_at      timestamptz,
    position        bigint      NOT NULL,
    PRIMARY KEY (owner_id, verification_id)
);

CREATE TABLE views.twins (
    owner_id               uuid        NOT NULL,
    twin_id                uuid        NOT NULL,
    name                   text,
    release_text_sha256    text,
    release_locale         text,
    released_at            timestamptz,
    consent_epoch          int         NOT NULL,
    consent_text_sha256    text,
    consent_scope          text[]      NOT NULL DEFAULT '{}',
    consent_at             timestamptz,
    consent_withdrawn_at   timestamptz,
    submission_id          uuid,
    submission_engine      text,
    photos_state           text        NOT NULL DEFAULT 'none',
    photo_count            int         NOT NULL DEFAULT 0,
    set_flaws              text[]      NOT NULL DEFAULT '{}',
    accepted_submission_id uuid,
    training_job_id        uuid,
    trained_engines        text[]      NOT NULL DEFAULT '{}',
    prefixes_to_delete     text[]      NOT NULL DEFAULT '{}',
    created_at             timestamptz NOT NULL,
    created_position       bigint      NOT NULL,
    position               bigint      NOT NULL,
    state                  text        NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN consent_withdrawn_at IS NOT NULL THEN 'consent-withdrawn'
            WHEN consent_at IS NULL THEN 'created'
            WHEN training_job_id IS NOT NULL THEN 'training'
            WHEN cardinality(trained_engines) > 0 THEN 'trained'
            WHEN photos_state = 'submitted' THEN 'photos-submitted'
            WHEN accepted_submission_id IS NOT NULL THEN 'photos-accepted'
            WHEN photos_state = 'rejected' THEN 'photos-rejected'
            ELSE 'consented'
        END) STORED,
    PRIMARY KEY (owner_id, twin_id)
);
CREATE INDEX twins_newest_first ON views.twins (owner_id, created_position DESC, twin_id DESC);

CREATE TABLE views.twin_photos (
    owner_id      uuid   NOT NULL,
    twin_id       uuid   NOT NULL,
    submission_id uuid   NOT NULL,
    photo_id      uuid   NOT NULL,
    ordinal       int    NOT NULL,
    state         text   NOT NULL DEFAULT 'submitted',
    flaws         text[] NOT NULL DEFAULT '{}',
    position      bigint NOT NULL,
    PRIMARY KEY (owner_id, twin_id, submission_id, photo_id)
);

CREATE TABLE views.twin_adapters (
    owner_id     uuid             NOT NULL,
    twin_id      uuid             NOT NULL,
    engine       text             NOT NULL,
    job_id       uuid             NOT NULL,
    object_key   text             NOT NULL,
    sha256       text             NOT NULL,
    size_bytes   bigint           NOT NULL,
    rank         int              NOT NULL,
    step         int              NOT NULL,
    similarity   double precision NOT NULL,
    delivered_at timestamptz      NOT NULL,
    position     bigint           NOT NULL,
    PRIMARY KEY (owner_id, twin_id, engine)
);

CREATE TABLE views.jobs (
    owner_id              uuid        NOT NULL,
    job_id                uuid        NOT NULL,
    kind                  text        NOT NULL,
    engine                text        NOT NULL,
    twin_id               uuid,
    consent_epoch         int,
    rating                text        NOT NULL,
    state                 text        NOT NULL DEFAULT 'requested',
    attempt               int         NOT NULL DEFAULT 1,
    attempts_max          int         NOT NULL,
    item_count            int         NOT NULL,
    prompt                text,
    negative_prompt       text,
    settings              jsonb       NOT NULL,
    price_version         int         NOT NULL,
    quoted_millicredits   bigint      NOT NULL,
    captured_millicredits bigint      NOT NULL DEFAULT 0,
    released_millicredits bigint      NOT NULL DEFAULT 0,
    failure_reason        text,
    cancelled_by          text,
    retried_from          uuid,
    requested_at          timestamptz NOT NULL,
    started_at            timestamptz,
    ended_at              timestamptz,
    requested_position    bigint      NOT NULL,
    position              bigint      NOT NULL,
    PRIMARY KEY (owner_id, job_id)
);
CREATE INDEX jobs_newest_first ON views.jobs (owner_id, requested_position DESC, job_id DESC);

CREATE TABLE views.job_items (
    owner_id uuid   NOT NULL,
    job_id   uuid   NOT NULL,
    item     int    NOT NULL,
    asset_id uuid   NOT NULL,
    seed     bigint NOT NULL,
    state    text   NOT NULL DEFAULT 'waiting',
    reasons  text[] NOT NULL DEFAULT '{}',
    position bigint NOT NULL,
    PRIMARY KEY (owner_id, job_id, item)
);

-- The gallery. What the job asked for stands here again, so that one row answers and text search works.
CREATE TABLE views.assets (
    owner_id          uuid        NOT NULL,
    asset_id          uuid        NOT NULL,
    job_id            uuid        NOT NULL,
    item              int         NOT NULL,
    twin_id           uuid,
    kind              text        NOT NULL,
    engine            text        NOT NULL,
    rating            text        NOT NULL,
    state             text        NOT NULL DEFAULT 'released',
    hidden_reason     text,
    favourite         boolean     NOT NULL DEFAULT false,
    object_key        text        NOT NULL,
    sha256            text        NOT NULL,
    size_bytes        bigint      NOT NULL,
    width             int         NOT NULL,
    height            int         NOT NULL,
    media_type        text        NOT NULL,
    seed              bigint      NOT NULL,
    prompt            text,
    negative_prompt   text,
    settings          jsonb,
    checks            jsonb       NOT NULL,
    policy_version    int         NOT NULL,
    consent_epoch     int,
    released_at       timestamptz NOT NULL,
    released_position bigint      NOT NULL,
    position          bigint      NOT NULL,
    PRIMARY KEY (owner_id, asset_id)
);
CREATE INDEX assets_newest_first ON views.assets (owner_id, released_position DESC, asset_id DESC);
CREATE INDEX assets_of_job ON views.assets (owner_id, job_id);

CREATE TABLE views.balances (
    owner_id  uuid   NOT NULL PRIMARY KEY,
    available bigint NOT NULL,
    reserved  bigint NOT NULL,
    spent     bigint NOT NULL,
    position  bigint NOT NULL
);

-- One row per event that moved credits, with the balances right after it.
CREATE TABLE views.statement (
    owner_id         uuid        NOT NULL,
    position         bigint      NOT NULL,
    entry            text        NOT NULL,
    available_change bigint      NOT NULL,
    reserved_change  bigint      NOT NULL,
    spent_change     bigint      NOT NULL,
    available        bigint      NOT NULL,
    reserved         bigint      NOT NULL,
    spent            bigint      NOT NULL,
    job_id           uuid,
    purchase_id      uuid,
    postings         jsonb       NOT NULL,
    recorded_at      timestamptz NOT NULL,
    PRIMARY KEY (owner_id, position)
);
CREATE INDEX statement_in_order ON views.statement (position);

CREATE TABLE views.purchases (
    owner_id           uuid        NOT NULL,
    purchase_id        uuid        NOT NULL,
    package            text        NOT NULL,
    millicredits       bigint      NOT NULL,
    price_minor_units  bigint      NOT NULL,
    currency           text        NOT NULL,
    provider           text        NOT NULL,
    state              text        NOT NULL DEFAULT 'started',
    failure_reason     text,
    started_at         timestamptz NOT NULL,
    ended_at           timestamptz,
    started_position   bigint      NOT NULL,
    position           bigint      NOT NULL,
    PRIMARY KEY (owner_id, purchase_id)
);
CREATE INDEX purchases_newest_first
    ON views.purchases (owner_id, started_position DESC, purchase_id DESC);

CREATE TABLE views.price_lists (
    owner_id       uuid        NOT NULL,
    version        int         NOT NULL,
    entries        jsonb       NOT NULL,
    packages       jsonb       NOT NULL,
    -- Until when quotes of the version before this one are accepted.
    previous_accepted_until timestamptz NOT NULL,
    published_at   timestamptz NOT NULL,
    position       bigint      NOT NULL,
    PRIMARY KEY (owner_id, version)
);

CREATE TABLE views.policies (
    owner_id     uuid        NOT NULL,
    version      int         NOT NULL,
    rows         jsonb       NOT NULL,
    published_at timestamptz NOT NULL,
    position     bigint      NOT NULL,
    PRIMARY KEY (owner_id, version)
);

-- Durable deltas for subscriptions: at most one row per fact and topic; ordinal is the topic's.
CREATE TABLE views.feed (
    owner_id    uuid        NOT NULL,
    position    bigint      NOT NULL,
    ordinal     int         NOT NULL,
    topic       text        NOT NULL,
    subject_id  uuid        NOT NULL,
    payload     jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (owner_id, position, ordinal)
);
CREATE INDEX feed_by_age ON views.feed (recorded_at);

-- Up to this position an owner's feed was trimmed: resuming from before it is no longer possible.
CREATE TABLE views.feed_trimmed (
    owner_id uuid   NOT NULL PRIMARY KEY,
    position bigint NOT NULL,
    dropped  bigint NOT NULL
);

DO $$
DECLARE
    name text;
    viewer constant text := 'nullif(current_setting(''suite.viewer'', true), '''')::uuid';
    system_id constant text := '''00000000-0000-5000-8000-000000000000''::uuid';
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'views' LOOP
        EXECUTE format('ALTER TABLE views.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE views.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON views.%I FOR SELECT TO reader USING (owner_id = %s)',
            name, viewer);
        EXECUTE format(
            'CREATE POLICY projector_writes ON views.%I TO projector USING (true) WITH CHECK (true)',
            name);
    END LOOP;

    -- What belongs to nobody is for everybody who says who they are.
    FOREACH name IN ARRAY ARRAY['price_lists', 'policies', 'read_to', 'watermarks'] LOOP
        EXECUTE format(
            'CREATE POLICY shared_rows ON views.%I FOR SELECT TO reader '
            'USING (owner_id = %s AND %s IS NOT NULL)', name, system_id, viewer);
    END LOOP;

    -- The auditor reads amounts of all owners, and nothing else of theirs.
    FOREACH name IN ARRAY ARRAY['statement', 'balances'] LOOP
        EXECUTE format(
            'CREATE POLICY auditor_reads ON views.%I FOR SELECT TO reader '
            'USING (current_setting(''suite.role'', true) = ''auditor'' AND %s IS NOT NULL)',
            name, viewer);
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA views TO reader, projector;
GRANT SELECT ON ALL TABLES IN SCHEMA views TO reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA views TO projector;
