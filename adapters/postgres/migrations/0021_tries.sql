-- How often somebody tried to sign in or up lately, for all API processes together. A bucket is a
-- time: when it will be empty again. Every try moves that further away, and whoever would move it
-- further than the bucket holds is refused. Whose bucket it is stands there as a keyed digest only.

CREATE TABLE vault.tries (
    counter bytea PRIMARY KEY CHECK (octet_length(counter) = 32),
    empty_at timestamptz NOT NULL
);
CREATE INDEX ON vault.tries (empty_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.tries TO vault;

-- From where an account was signed in to lately. Guesses from elsewhere do not count against a
-- sign-in from there. Account and network stand there together as one keyed digest only.

CREATE TABLE vault.familiar_networks (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    familiar_until timestamptz NOT NULL
);
CREATE INDEX ON vault.familiar_networks (familiar_until);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.familiar_networks TO vault;
