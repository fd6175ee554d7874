-- How connections fare (see store::Health). The state takes the place of whether one is in use: 0 is
-- disabled, 1 not tested, 2 working, 3 failing, 4 sign-in failed.
DROP TRIGGER connection_is_counted;
DROP TRIGGER connection_is_counted_anew;
DROP TRIGGER connection_is_found;
DROP TRIGGER connection_is_found_anew;
DROP INDEX connection_filtered;
DROP INDEX connection_filtered_modified;
DROP INDEX connection_filtered_named;
DROP INDEX connection_modified;
DROP INDEX connection_named;
ALTER TABLE connection DROP COLUMN scope;
ALTER TABLE connection ADD COLUMN state INTEGER CHECK (state BETWEEN 0 AND 4);
ALTER TABLE connection ADD COLUMN health TEXT;      -- JSON; NULL: nothing is known
ALTER TABLE connection ADD COLUMN due_at INTEGER;   -- of the next test: seconds since 1970
-- Spread over the first hour.
UPDATE connection SET state = in_use, due_at = CASE
    WHEN in_use AND channel <> 'other' THEN unixepoch() + abs(random() % 3600) END;
ALTER TABLE connection DROP COLUMN in_use;
CREATE INDEX connection_due ON connection (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX connection_filtered ON connection (site_id, channel, state, id);
CREATE INDEX connection_filtered_modified ON connection (site_id, channel, state, modify_date, id);
CREATE INDEX connection_filtered_named ON connection (site_id, channel, state, name_key, id);
CREATE INDEX connection_modified ON connection (site_id, modify_date, id, channel, state, search);
CREATE INDEX connection_named ON connection (site_id, name_key, id, channel, state, search);

ALTER TABLE connection_count RENAME COLUMN in_use TO state;
CREATE TRIGGER connection_is_counted AFTER INSERT ON connection WHEN new.channel IS NOT NULL
BEGIN
    INSERT INTO connection_count VALUES (new.site_id, new.channel, new.state, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER connection_is_counted_anew AFTER UPDATE ON connection
WHEN old.channel IS NOT new.channel OR old.state IS NOT new.state
BEGIN
    UPDATE connection_count SET count = count - 1
    WHERE site_id = old.site_id AND channel = old.channel AND state = old.state;
    INSERT INTO connection_count VALUES (new.site_id, new.channel, new.state, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

-- The numbers of the two states that there were stay what they are, and so does the full-text index.
ALTER TABLE connection ADD COLUMN scope TEXT AS (
    '.' || state || char(65536 + (site_id & 1048575)) || CASE channel
        WHEN 'email-inbound' THEN 'i' WHEN 'email-outbound' THEN 'o' WHEN 'facebook' THEN 'f'
        WHEN 'instagram' THEN 'g' WHEN 'twitter' THEN 't' ELSE 'x'
    END || '..' || char(65536 + (site_id & 1048575))
);
CREATE TRIGGER connection_is_found AFTER INSERT ON connection WHEN new.channel IS NOT NULL
BEGIN
    INSERT INTO connection_search (rowid, scope, search) VALUES (new.id, new.scope, new.search);
END;
CREATE TRIGGER connection_is_found_anew AFTER UPDATE ON connection
WHEN old.search IS NOT new.search OR old.scope IS NOT new.scope
BEGIN
    INSERT OR REPLACE INTO connection_search (rowid, scope, search)
    VALUES (new.id, new.scope, new.search);
END;
