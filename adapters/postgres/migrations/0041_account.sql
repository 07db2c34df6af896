-- A person's own hold on their account: where it is signed in, links that set a new password, and
-- what they have agreed to, with what followed from taking it back.

-- Sessions are ended by an id of their own: neither the token nor its digest ever leaves the vault.
-- What a browser calls itself is kept as two names, never as it was sent.
ALTER TABLE vault.sessions
    ADD COLUMN session_id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    ADD COLUMN last_seen_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN browser text,
    ADD COLUMN system text;
UPDATE vault.sessions SET last_seen_at = created_at;

-- A link is known by its token's SHA-256, and is over once one of this person was used.
CREATE TABLE vault.password_links (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    person_id uuid NOT NULL REFERENCES vault.accounts ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON vault.password_links (person_id);
CREATE INDEX ON vault.password_links (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.password_links TO vault;

CREATE TABLE views.consent_decisions (
    owner_id        uuid        NOT NULL,
    twin_id         uuid        NOT NULL,
    -- Of the twin's event.
    version         bigint      NOT NULL,
    -- released, granted, added, taken-back or withdrawn.
    kind            text        NOT NULL,
    decided_at      timestamptz NOT NULL,
    text_sha256     text,
    scopes          text[]      NOT NULL DEFAULT '{}',
    -- What followed from taking it back: jobs that stop, places that are emptied, what was there.
    stopped_jobs    uuid[]      NOT NULL DEFAULT '{}',
    places          text[]      NOT NULL DEFAULT '{}',
    deleted_objects bigint      NOT NULL DEFAULT 0,
    deleted_at      timestamptz,
    position        bigint      NOT NULL,
    PRIMARY KEY (owner_id, twin_id, version)
);

-- What stands there already becomes what a replay of the same events makes of it. Forced row policies
-- bind the owner of the table, too: lifted while this migration reads and writes.
ALTER TABLE views.twins NO FORCE ROW LEVEL SECURITY;

WITH told AS (
    SELECT e.owner_id, e.originator_id AS twin_id, e.originator_version AS version, e.event_type,
           convert_from(e.data, 'UTF8')::jsonb AS data, e.notification_id AS position
      FROM views.twins AS t
      JOIN events.stored_events AS e
        ON e.originator_id = t.twin_id AND e.owner_id = t.owner_id
       AND e.notification_id <= t.position
     WHERE e.event_type IN (
           'twin.biometric-release-signed', 'twin.consent-granted', 'twin.consent-scopes-added',
           'twin.consent-scopes-taken-back', 'twin.consent-withdrawn', 'twin.deletion-requested',
           'twin.deleted')
), decided AS (
    SELECT d.owner_id, d.twin_id, d.version, d.position, d.data,
           CASE d.event_type WHEN 'twin.biometric-release-signed' THEN 'released'
                             WHEN 'twin.consent-granted' THEN 'granted'
                             WHEN 'twin.consent-scopes-added' THEN 'added'
                             WHEN 'twin.consent-scopes-taken-back' THEN 'taken-back'
                             WHEN 'twin.consent-withdrawn' THEN 'withdrawn' END AS kind,
           r.position AS requested_position,
           coalesce(ARRAY(SELECT jsonb_array_elements_text(r.data -> 'prefixes')), '{}') AS places
      FROM told AS d
      LEFT JOIN told AS r
        ON r.twin_id = d.twin_id AND r.version = d.version + 1
       AND r.event_type = 'twin.deletion-requested'
       AND d.event_type IN ('twin.consent-scopes-taken-back', 'twin.consent-withdrawn')
     WHERE d.event_type NOT IN ('twin.deletion-requested', 'twin.deleted')
), emptied AS (
    SELECT d.twin_id, d.version, sum((g.data ->> 'object_count')::bigint) AS objects,
           max((g.data ->> 'timestamp')::timestamptz) AS at, max(g.position) AS position
      FROM decided AS d
      JOIN told AS g
        ON g.twin_id = d.twin_id AND g.version > d.version AND g.event_type = 'twin.deleted'
       AND ARRAY(SELECT jsonb_array_elements_text(g.data -> 'prefixes')) && d.places
     GROUP BY d.twin_id, d.version
)
INSERT INTO views.consent_decisions
       (owner_id, twin_id, version, kind, decided_at, text_sha256, scopes, stopped_jobs, places,
        deleted_objects, deleted_at, position)
SELECT d.owner_id, d.twin_id, d.version, d.kind, (d.data ->> 'timestamp')::timestamptz,
       d.data ->> 'text_sha256',
       CASE d.kind WHEN 'taken-back' THEN ARRAY(
                        SELECT scope FROM jsonb_object_keys(d.data -> 'versions') AS scope
                         ORDER BY scope COLLATE "C")
                   ELSE ARRAY(SELECT jsonb_array_elements_text(
                        coalesce(d.data -> 'scope', '[]'))) END,
       ARRAY(SELECT jsonb_array_elements_text(coalesce(d.data -> 'open_jobs', '[]'))::uuid),
       d.places, coalesce(e.objects, 0), e.at,
       greatest(d.position, d.requested_position, e.position)
  FROM decided AS d
  LEFT JOIN emptied AS e ON e.twin_id = d.twin_id AND e.version = d.version;

ALTER TABLE views.twins FORCE ROW LEVEL SECURITY;

DO $$
DECLARE
    viewer constant text := 'nullif(current_setting(''suite.viewer'', true), '''')::uuid';
BEGIN
    ALTER TABLE views.consent_decisions ENABLE ROW LEVEL SECURITY;
    ALTER TABLE views.consent_decisions FORCE ROW LEVEL SECURITY;
    EXECUTE format(
        'CREATE POLICY own_rows ON views.consent_decisions FOR SELECT TO reader '
        'USING (owner_id = %s)', viewer
    );
    CREATE POLICY projector_writes ON views.consent_decisions TO projector
        USING (true) WITH CHECK (true);
    GRANT SELECT ON views.consent_decisions TO reader;
    GRANT SELECT, INSERT, UPDATE, DELETE ON views.consent_decisions TO projector;
END
$$;
