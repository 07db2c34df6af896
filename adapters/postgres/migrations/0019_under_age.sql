-- Whoever was found to be under age sees none of their pictures, kept ones included: the account's row
-- says so, and queries derive the rest. Once found, it stays.
ALTER TABLE views.account ADD COLUMN under_age boolean NOT NULL DEFAULT false;

-- What stands there already becomes what a replay of the same events makes of it. Forced row policies
-- bind the owner of the table, too: lifted while this migration writes.
ALTER TABLE views.account NO FORCE ROW LEVEL SECURITY;

UPDATE views.account AS a SET under_age = true
 WHERE EXISTS (SELECT FROM events.stored_events AS e
                WHERE e.owner_id = a.owner_id AND e.event_type = 'person.verification-declined'
                  AND e.notification_id <= a.position
                  AND (convert_from(e.data, 'UTF8')::jsonb ->> 'under_age')::boolean);

ALTER TABLE views.account FORCE ROW LEVEL SECURITY;
