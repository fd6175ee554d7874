-- What each request asks for with its session: what its user is now.
DELETE FROM browser_session;
ALTER TABLE browser_session ADD COLUMN user_id INTEGER REFERENCES user (id);

-- What the board filters, sorts and searches by (see store::Derived). NULL in rows from before,
-- until they are filled at the first start.
ALTER TABLE connection ADD COLUMN channel TEXT;
ALTER TABLE connection ADD COLUMN in_use INTEGER CHECK (in_use IN (0, 1));
ALTER TABLE connection ADD COLUMN name_key TEXT;
ALTER TABLE connection ADD COLUMN search TEXT;
CREATE INDEX connection_named ON connection (site_id, name_key, id);

-- Many rows may be added at once: the end moves on to one that is there.
DROP TRIGGER audit_head_moves_on;
CREATE TRIGGER audit_head_moves_on BEFORE UPDATE ON audit_head
WHEN new.site_id <> old.site_id OR new.number <= old.number
    OR NOT EXISTS (SELECT 1 FROM audit WHERE site_id = new.site_id AND number = new.number)
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
