-- Who is there to draw and to judge, as the active watchdog hears them. Not folded from events, and
-- belongs to SYSTEM: everybody who says who they are may read it.

-- role: draws (a worker) or judges (a screener). Somebody who left has no row, nor has anybody who
-- was silent for long.
CREATE TABLE views.attendance (
    owner_id     uuid        NOT NULL,
    role         text        NOT NULL,
    member       text        NOT NULL,
    device       text        NOT NULL DEFAULT '',
    memory_bytes bigint,
    engines      text[]      NOT NULL,
    heard_at     timestamptz NOT NULL,
    alive_until  timestamptz NOT NULL,
    PRIMARY KEY (owner_id, role, member)
);

-- When somebody who draws with an engine, or judges what it draws, was last there. `engine` is
-- empty for anybody of the role. `digest` is that of the weights, empty where there are none.
CREATE TABLE views.engines_attended (
    owner_id uuid        NOT NULL,
    role     text        NOT NULL,
    engine   text        NOT NULL,
    digest   text        NOT NULL DEFAULT '',
    last_at  timestamptz NOT NULL,
    PRIMARY KEY (owner_id, role, engine)
);

-- Up to when silence was silence: somebody whose `alive_until` is not later is away. Stands still
-- while nobody listens, so that nobody is away because of that.
CREATE TABLE views.attendance_listened (
    owner_id uuid        NOT NULL PRIMARY KEY,
    until    timestamptz NOT NULL
);

DO $$
DECLARE
    name text;
    viewer constant text := 'nullif(current_setting(''suite.viewer'', true), '''')::uuid';
    system_id constant text := '''00000000-0000-5000-8000-000000000000''::uuid';
BEGIN
    FOREACH name IN ARRAY ARRAY['attendance', 'engines_attended', 'attendance_listened'] LOOP
        EXECUTE format('ALTER TABLE views.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE views.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY shared_rows ON views.%I FOR SELECT TO reader '
            'USING (owner_id = %s AND %s IS NOT NULL)', name, system_id, viewer);
        EXECUTE format(
            'CREATE POLICY projector_writes ON views.%I TO projector USING (true) WITH CHECK (true)',
            name);
        EXECUTE format('GRANT SELECT ON views.%I TO reader', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON views.%I TO projector', name);
    END LOOP;
END
$$;
