-- What the watchdog knows of the log up to its saved position: the claims that somebody runs. Its
-- position stands in events.positions and moves in the same transaction.

CREATE TABLE events.claims_watched (
    job_id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    attempt integer NOT NULL,
    claim_id uuid NOT NULL,
    deadline timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON events.claims_watched TO projector;
