-- What each request asks for with its session: what its user is now.
DELETE FROM browser_session;
ALTER TABLE browser_session ADD COLUMN user_id INTEGER REFERENCES user (id);

-- What the board filters, sorts and searches by (see store::Derived). NULL in rows from before,
-- until the first start fills them; the index finds those, and that there are none.
ALTER TABLE connection ADD COLUMN channel TEXT;
ALTER TABLE connection ADD COLUMN in_use INTEGER CHECK (in_use IN (0, 1));
ALTER TABLE connection ADD COLUMN name_key TEXT;
ALTER TABLE connection ADD COLUMN search TEXT;
CREATE INDEX connection_unfilled ON connection (id) WHERE channel IS NULL;

-- An order a pair of indexes: all rows, and those of one channel and state. Fewer filters are several
-- ranges of the second, each in order, so that a patch, which moves the date, writes two indexes.
CREATE INDEX connection_named ON connection (site_id, name_key, id);
CREATE INDEX connection_filtered ON connection (site_id, channel, in_use, id);
CREATE INDEX connection_filtered_modified ON connection (site_id, channel, in_use, modify_date, id);
CREATE INDEX connection_filtered_named ON connection (site_id, channel, in_use, name_key, id);
CREATE INDEX connection_created ON connection (site_id, create_date, id);

-- How many there are, so that nobody counts them.
CREATE TABLE connection_count (
    site_id INTEGER NOT NULL REFERENCES site (id),
    channel TEXT NOT NULL,
    in_use  INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (site_id, channel, in_use)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER connection_is_counted AFTER INSERT ON connection WHEN new.channel IS NOT NULL
BEGIN
    INSERT INTO connection_count VALUES (new.site_id, new.channel, new.in_use, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER connection_is_counted_anew AFTER UPDATE ON connection
WHEN old.channel IS NOT new.channel OR old.in_use IS NOT new.in_use
BEGIN
    UPDATE connection_count SET count = count - 1
    WHERE site_id = old.site_id AND channel = old.channel AND in_use = old.in_use;
    INSERT INTO connection_count VALUES (new.site_id, new.channel, new.in_use, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

-- Finds parts of words, three characters each. What a row belongs to is three characters, too, so that
-- other sites' rows, and those of other channels, cost little: '..s' is a site, '.1s' a state, 'sf.' a
-- channel and '1sf' both of it, with a character for the site. Two sites may have the same.
ALTER TABLE connection ADD COLUMN scope TEXT AS (
    '.' || in_use || char(65536 + (site_id & 1048575)) || CASE channel
        WHEN 'email-inbound' THEN 'i' WHEN 'email-outbound' THEN 'o' WHEN 'facebook' THEN 'f'
        WHEN 'instagram' THEN 'g' WHEN 'twitter' THEN 't' ELSE 'x'
    END || '..' || char(65536 + (site_id & 1048575))
);
CREATE VIRTUAL TABLE connection_search USING fts5 (
    scope, search, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
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

-- Many rows may be added at once: the end moves on to one that is there.
DROP TRIGGER audit_head_moves_on;
CREATE TRIGGER audit_head_moves_on BEFORE UPDATE ON audit_head
WHEN new.site_id <> old.site_id OR new.number <= old.number
    OR NOT EXISTS (SELECT 1 FROM audit WHERE site_id = new.site_id AND number = new.number)
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;

-- A row that is written here becomes the end of its chain: one statement for both.
CREATE VIEW audit_end AS
SELECT audit.*, seal FROM audit
JOIN audit_head ON audit_head.site_id = audit.site_id AND audit_head.number = audit.number;
CREATE TRIGGER audit_end_moves_on INSTEAD OF INSERT ON audit_end
BEGIN
    INSERT INTO audit VALUES (new.site_id, new.number, new.at, new.user_id, new.who, new.via,
        new.kind, new.connection_id, new.channel, new.detail, new.mac);
    UPDATE audit_head SET number = new.number, mac = new.mac, seal = new.seal
    WHERE site_id = new.site_id;
    INSERT INTO audit_head SELECT new.site_id, new.number, new.mac, new.seal
    WHERE NOT EXISTS (SELECT 1 FROM audit_head WHERE site_id = new.site_id);
END;
