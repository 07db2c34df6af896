-- The words that an owner's prompts are made of, as a search reads them, and which jobs asked for each: a
-- word that few asked for is found without looking through all items.

CREATE TABLE views.prompt_words (
    owner_id uuid   NOT NULL,
    -- Of the word: a key of one size for words of any.
    word_id  uuid   NOT NULL,
    word     text   NOT NULL,
    jobs     bigint NOT NULL,
    PRIMARY KEY (owner_id, word_id)
);
CREATE TABLE views.prompt_word_jobs (
    owner_id uuid NOT NULL,
    word_id  uuid NOT NULL,
    job_id   uuid NOT NULL,
    PRIMARY KEY (owner_id, word_id, job_id)
);

-- What stands there already becomes what a replay makes of it. Forced row policies bind the owner of the
-- tables, too: lifted while this migration reads. An item's text was folded as a search folds it; a job
-- that has none yet is folded here, and what the database folds otherwise, a rebuild puts right.
ALTER TABLE views.assets NO FORCE ROW LEVEL SECURITY;
ALTER TABLE views.jobs NO FORCE ROW LEVEL SECURITY;

CREATE TEMPORARY TABLE said ON COMMIT DROP AS
SELECT DISTINCT j.owner_id, j.job_id, w.word
  FROM views.jobs AS j
 CROSS JOIN LATERAL regexp_split_to_table(
       coalesce((SELECT a.search_text FROM views.assets AS a
                  WHERE a.owner_id = j.owner_id AND a.job_id = j.job_id
                    AND a.search_text IS NOT NULL LIMIT 1),
                lower(regexp_replace(normalize(j.prompt, NFKD), '[\u0300-\u036f]', '', 'g'))),
       '\s+') AS w (word)
 WHERE j.prompt IS NOT NULL AND w.word <> '';
INSERT INTO views.prompt_words (owner_id, word_id, word, jobs)
SELECT owner_id, md5(word)::uuid, word, count(*) FROM said GROUP BY owner_id, word;
INSERT INTO views.prompt_word_jobs (owner_id, word_id, job_id)
SELECT owner_id, md5(word)::uuid, job_id FROM said;

ALTER TABLE views.assets FORCE ROW LEVEL SECURITY;
ALTER TABLE views.jobs FORCE ROW LEVEL SECURITY;

DO $$
DECLARE
    name text;
    viewer constant text := 'nullif(current_setting(''suite.viewer'', true), '''')::uuid';
BEGIN
    FOREACH name IN ARRAY ARRAY['prompt_words', 'prompt_word_jobs'] LOOP
        EXECUTE format('ALTER TABLE views.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE views.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON views.%I FOR SELECT TO reader USING (owner_id = %s)',
            name, viewer);
        EXECUTE format(
            'CREATE POLICY projector_writes ON views.%I TO projector USING (true) WITH CHECK (true)',
            name);
        EXECUTE format('GRANT SELECT ON views.%I TO reader', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON views.%I TO projector', name);
    END LOOP;
END
$$;
