-- Which session at an identity provider is whose check. Providers name sessions themselves, and call
-- back and answer by those names. The address holds the session's own token: it stands here so that a
-- repeated request is answered the same, and nowhere else.

CREATE TABLE vault.identity_sessions (
    verification_id uuid PRIMARY KEY,
    provider text NOT NULL,
    session_id text NOT NULL,
    owner_id uuid NOT NULL,
    address text NOT NULL,
    started_at timestamptz NOT NULL,
    UNIQUE (provider, session_id)
);
CREATE INDEX ON vault.identity_sessions (started_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.identity_sessions TO vault;
