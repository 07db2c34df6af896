-- The roles: who may touch what. Nobody logs in as one of them.
--
--   migrator   owns every schema, table and function
--   writer     reads events; writes them through events.insert_events only
--   projector  reads events; writes read models and the positions of readers
--   reader     reads the read models of one viewer at a time
--   topics     the embedded topics and nothing else
--   vault      accounts, sessions and the keys of personal text
--
-- Roles belong to the whole server, so they may be there already.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['migrator', 'writer', 'projector', 'reader', 'topics', 'vault']
    LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', wanted);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
    IF EXISTS (
        SELECT FROM pg_roles
        WHERE rolname IN ('migrator', 'writer', 'projector', 'reader', 'topics', 'vault')
          AND (rolsuper OR rolbypassrls OR rolcanlogin)
    ) THEN
        RAISE EXCEPTION 'a role of ours exists already and may do too much';
    END IF;
    -- A superuser may become migrator anyhow; any other login that migrates must be let.
    EXECUTE format('GRANT migrator TO %I', current_user);
    EXECUTE format('GRANT CREATE ON DATABASE %I TO migrator', current_database());
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
