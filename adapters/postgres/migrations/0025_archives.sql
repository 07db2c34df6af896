-- What stands behind the address of a ZIP, until it was downloaded once or its day is over. The
-- address itself does not stand here: its digest does.

CREATE TABLE vault.archives (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    owner_id uuid NOT NULL,
    asset_ids uuid[] NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON vault.archives (owner_id, expires_at);
CREATE INDEX ON vault.archives (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.archives TO vault;
