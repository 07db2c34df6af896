-- A gallery that its owner orders: tags and collections (labels), a trash, stacks, changes of many items,
-- and months with counts. Every list of items by one of these is a range of an index.

ALTER TABLE views.assets
    ADD COLUMN labels      uuid[] NOT NULL DEFAULT '{}',
    -- Set while it is in the trash.
    ADD COLUMN purge_at    timestamptz,
    -- What was made of one another stands under one tile: a batch, its variations and its remixes.
    ADD COLUMN stack_id    uuid,
    ADD COLUMN style       text,
    ADD COLUMN ratio       text,
    -- The prompt as a search reads it. It goes when the prompt goes: both are columns of one row.
    ADD COLUMN search_text text;
ALTER TABLE views.jobs ADD COLUMN stack_id uuid;

CREATE TABLE views.labels (
    owner_id         uuid        NOT NULL,
    label_id         uuid        NOT NULL,
    kind             text        NOT NULL,
    -- NULL after erasure.
    name             text,
    private          boolean     NOT NULL,
    created_at       timestamptz NOT NULL,
    created_position bigint      NOT NULL,
    position         bigint      NOT NULL,
    PRIMARY KEY (owner_id, label_id)
);

-- Which items have a label. Those of a label that was deleted stay, and mean nothing.
CREATE TABLE views.asset_labels (
    owner_id          uuid   NOT NULL,
    asset_id          uuid   NOT NULL,
    label_id          uuid   NOT NULL,
    released_position bigint NOT NULL,
    position          bigint NOT NULL,
    PRIMARY KEY (owner_id, asset_id, label_id)
);
CREATE INDEX labelled_newest_first
    ON views.asset_labels (owner_id, label_id, released_position DESC, asset_id DESC);

-- How many items there are, by month and by whatever decides together whether they are seen. Counted
-- as facts are folded; `items` may be 0.
CREATE TABLE views.gallery_months (
    owner_id      uuid   NOT NULL,
    group_id      uuid   NOT NULL,
    month         date   NOT NULL,
    kind          text   NOT NULL,
    twin_id       uuid,
    consent_epoch int,
    scopes        jsonb  NOT NULL,
    kept          boolean NOT NULL,
    items         bigint NOT NULL,
    PRIMARY KEY (owner_id, group_id)
);

CREATE TABLE views.bulk_changes (
    owner_id           uuid        NOT NULL,
    change_id          uuid        NOT NULL,
    change             text        NOT NULL,
    label_id           uuid,
    items              int         NOT NULL,
    changed            int         NOT NULL DEFAULT 0,
    passed_over        int         NOT NULL DEFAULT 0,
    undoes             uuid,
    undone_by          uuid,
    requested_at       timestamptz NOT NULL,
    requested_position bigint      NOT NULL,
    position           bigint      NOT NULL,
    PRIMARY KEY (owner_id, change_id)
);

DO $$
DECLARE
    name text;
    viewer constant text := 'nullif(current_setting(''suite.viewer'', true), '''')::uuid';
BEGIN
    FOREACH name IN ARRAY ARRAY['labels', 'asset_labels', 'gallery_months', 'bulk_changes'] LOOP
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

-- What stands in the gallery already becomes what a replay of the same events makes of it. Forced row
-- policies bind the owner of the table, too: lifted while this migration writes.
ALTER TABLE views.assets NO FORCE ROW LEVEL SECURITY;
ALTER TABLE views.jobs NO FORCE ROW LEVEL SECURITY;
ALTER TABLE views.gallery_months NO FORCE ROW LEVEL SECURITY;

WITH RECURSIVE stacked AS (
    SELECT owner_id, job_id, job_id AS stack_id
      FROM views.jobs WHERE source_asset_id IS NULL OR kind <> 'images'
     UNION ALL
    SELECT j.owner_id, j.job_id, s.stack_id
      FROM stacked AS s
      JOIN views.assets AS a ON a.owner_id = s.owner_id AND a.job_id = s.job_id
      JOIN views.jobs AS j ON j.owner_id = a.owner_id AND j.source_asset_id = a.asset_id
     WHERE j.kind = 'images'
)
UPDATE views.jobs AS j SET stack_id = s.stack_id
  FROM stacked AS s WHERE s.owner_id = j.owner_id AND s.job_id = j.job_id;
UPDATE views.jobs SET stack_id = job_id WHERE stack_id IS NULL;
ALTER TABLE views.jobs ALTER COLUMN stack_id SET NOT NULL;

-- Folded as the search of this release folds it: decomposed, without marks, in small letters. What the
-- database folds otherwise than Python, a rebuild puts right.
UPDATE views.assets AS a
   SET stack_id = coalesce(j.stack_id, a.job_id),
       style = a.settings ->> 'style',
       ratio = a.settings ->> 'aspect_ratio',
       search_text = lower(regexp_replace(normalize(a.prompt, NFKD), '[\u0300-\u036f]', '', 'g'))
  FROM views.assets AS same
  LEFT JOIN views.jobs AS j ON j.owner_id = same.owner_id AND j.job_id = same.job_id
 WHERE same.owner_id = a.owner_id AND same.asset_id = a.asset_id;
ALTER TABLE views.assets ALTER COLUMN stack_id SET NOT NULL;

INSERT INTO views.gallery_months
       (owner_id, group_id, month, kind, twin_id, consent_epoch, scopes, kept, items)
SELECT owner_id,
       md5(concat_ws('|', month, kind, coalesce(twin_id::text, ''), coalesce(consent_epoch::text, ''),
           coalesce(versions, ''), CASE WHEN kept THEN 'kept' ELSE '' END))::uuid,
       month, kind, twin_id, consent_epoch, scopes, kept, count(*)
  FROM (SELECT a.*, date_trunc('month', a.released_at AT TIME ZONE 'UTC')::date AS month,
               (SELECT string_agg(key || '=' || value, ',' ORDER BY key COLLATE "C")
                  FROM jsonb_each_text(a.scopes)) AS versions
          FROM views.assets AS a WHERE a.state = 'released') AS counted
 GROUP BY owner_id, month, kind, twin_id, consent_epoch, versions, scopes, kept;

ALTER TABLE views.assets FORCE ROW LEVEL SECURITY;
ALTER TABLE views.jobs FORCE ROW LEVEL SECURITY;
ALTER TABLE views.gallery_months FORCE ROW LEVEL SECURITY;

CREATE INDEX assets_of_twin
    ON views.assets (owner_id, twin_id, released_position DESC, asset_id DESC);
CREATE INDEX assets_of_kind
    ON views.assets (owner_id, kind, released_position DESC, asset_id DESC);
CREATE INDEX assets_of_style
    ON views.assets (owner_id, style, released_position DESC, asset_id DESC);
CREATE INDEX assets_of_ratio
    ON views.assets (owner_id, ratio, released_position DESC, asset_id DESC);
CREATE INDEX assets_of_rating
    ON views.assets (owner_id, rating, released_position DESC, asset_id DESC);
CREATE INDEX assets_of_stack
    ON views.assets (owner_id, stack_id, released_position DESC, asset_id DESC);
CREATE INDEX assets_by_time ON views.assets (owner_id, released_at, released_position);
CREATE INDEX assets_favourite
    ON views.assets (owner_id, released_position DESC, asset_id DESC) WHERE favourite;
CREATE INDEX assets_in_trash
    ON views.assets (owner_id, released_position DESC, asset_id DESC) WHERE purge_at IS NOT NULL;
