-- Operators: who sees how the studio is, and nobody's pictures, prompts or amounts.
ALTER TABLE vault.accounts DROP CONSTRAINT accounts_role_check;
ALTER TABLE vault.accounts ADD CONSTRAINT accounts_role_check
    CHECK (role IN ('creator', 'auditor', 'safety', 'operator'));

-- From when on somebody was never silent for a lease. Whoever is there already began before now.
ALTER TABLE views.attendance ADD COLUMN since timestamptz NOT NULL DEFAULT now();

-- What is open by what it waits for, the longest first, and what failed last: of everybody.
CREATE INDEX jobs_open ON views.jobs (state, requested_position) WHERE ended_at IS NULL;
CREATE INDEX jobs_failed ON views.jobs (ended_at DESC) WHERE state = 'failed';
