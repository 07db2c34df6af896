-- All read models of an owner are folded together, in one transaction: one read position says how far.
-- (A row a read model and owner cost a projector of many owners more than their facts.) A read model
-- that is new, or folds more than before, is filled by a rebuild.
--
-- Forced row policies bind the owner of the tables, too: lifted while this migration writes.
ALTER TABLE views.read_to NO FORCE ROW LEVEL SECURITY;

DELETE FROM views.read_to AS one
 USING (SELECT owner_id, projection,
               row_number() OVER (PARTITION BY owner_id ORDER BY position DESC, projection) AS place
          FROM views.read_to) AS placed
 WHERE one.owner_id = placed.owner_id AND one.projection = placed.projection AND placed.place > 1;

UPDATE views.read_to SET projection = 'read-models';

ALTER TABLE views.read_to FORCE ROW LEVEL SECURITY;

-- What a twin is good for is folded, as everything is: whoever folds it tells the feed of it, too.
ALTER TABLE views.twins ALTER COLUMN state DROP EXPRESSION;
