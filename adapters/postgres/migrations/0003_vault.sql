-- The vault: personal data that is not an event, and the keys without which personal text is noise.
-- It is backed up apart from the events: a restored event table must not bring erased text back.

CREATE SCHEMA vault;

-- One key per person. Erasure empties `wrapped_key` and keeps the row, so that no new key is made.
CREATE TABLE vault.subject_keys (
    owner_id uuid PRIMARY KEY,
    key_id uuid NOT NULL UNIQUE,
    wrapped_key bytea,
    wrapped_by bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL))
);

CREATE TABLE vault.accounts (
    person_id uuid PRIMARY KEY,
    email_key_id uuid NOT NULL,
    email_sealed bytea NOT NULL,
    email_lookup bytea NOT NULL UNIQUE,
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('creator', 'auditor', 'safety')),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE vault.sessions (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    person_id uuid NOT NULL REFERENCES vault.accounts ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON vault.sessions (person_id);
CREATE INDEX ON vault.sessions (expires_at);

CREATE TABLE vault.webhooks (
    provider text NOT NULL,
    webhook_id text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (provider, webhook_id)
);

GRANT USAGE ON SCHEMA vault TO vault;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA vault TO vault;
