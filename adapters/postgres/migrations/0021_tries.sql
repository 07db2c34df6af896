-- How often somebody tried to sign in or up lately, for all API processes together. A bucket is a
-- time: when it will be empty again. Every try moves that further away, and whoever would move it
-- further than the bucket holds is refused. Whose bucket it is stands there as a keyed digest only.

CREATE TABLE vault.tries (
    counter bytea PRIMARY KEY CHECK (octet_length(counter) = 32),
    empty_at timestamptz NOT NULL
);
CREATE INDEX ON vault.tries (empty_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.tries TO vault;
